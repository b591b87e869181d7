"""On a server nothing opens without a login, and nothing to those it is not for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.account import ROLES
from app.guard import FILES, right_of
from app.job import Job, NewJob
from app.rights import Right, stated_right
from app.settings import ServeSettings
from tests.app.jobs.examples import new_job
from tests.app.people import HTML, account, browser, program, server_of, services_of, submit
from tests.app.web import queued

OPEN = {"login.show", "login.log_in", "login.invitation", "login.accept"}
OPEN |= {"oidc.begin", "oidc.finish", "oidc.left"}
OPEN |= {
    "shares.show",
    "shares.file",
    "shares.view",
    "shares.tile",
    "health.alive",
    "health.ready",
    *FILES,
}
"""All that nobody needs a login for."""
OF_A_JOB = {"job_id", "token"}


@pytest.fixture
def server_app(web_settings: ServeSettings) -> Flask:
    return server_of(web_settings)


def job_of(app: Flask, name: str) -> Job:
    """A job of an account, whose files nobody asks for here."""
    new = replace(new_job(), user=account(app, name).user)
    return services_of(app).queue.submit(new)


def routes(app: Flask) -> Iterator[tuple[Rule, str, Right]]:
    """Every rule with each of its methods, and the right that it asks for."""
    with app.test_request_context():
        rights = {rule.endpoint: right_of(rule.endpoint) for rule in app.url_map.iter_rules()}
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, rights[rule.endpoint]


def ask(
    client: FlaskClient, rule: Rule, method: str, job: Job | NewJob, **kwargs: Any
) -> TestResponse:
    """Ask for a rule's address, of that job where it is of one."""
    known = {"job_id": job.id, "token": job.token, "name": job.input_name, "which": "input"}
    numbers = {name: 999 for name, kind in rule._converters.items() if "Integer" in repr(kind)}
    values = {name: {**known, **numbers}.get(name, "x") for name in rule.arguments}
    address = rule.build(values)
    assert address is not None
    return client.open(address[1], method=method, **kwargs)


def test_every_view_states_who_it_is_for(server_app: Flask) -> None:
    views = server_app.view_functions
    assert not [name for name in views.keys() - FILES if stated_right(views[name]) is None]


def test_only_these_addresses_open_without_a_login(server_app: Flask) -> None:
    assert {rule.endpoint for rule, _, right in routes(server_app) if right == "anybody"} == OPEN


def test_programs_without_a_login_are_told_to_bring_a_token(server_app: Flask) -> None:
    client, job = server_app.test_client(), job_of(server_app, "ada")
    for rule, method, right in routes(server_app):
        answer = ask(client, rule, method, job)
        if right != "anybody":
            assert answer.status_code == 401, rule
            assert answer.headers["WWW-Authenticate"].startswith("Bearer"), rule
            assert answer.get_json()["error"]["code"] == "unauthorized", rule
        else:
            assert answer.status_code != 401, rule


def test_browsers_without_a_login_are_led_to_it_and_back(server_app: Flask) -> None:
    client = server_app.test_client()
    answer = client.get("/jobs?state=done", headers=HTML)
    assert (answer.status_code, answer.location) == (303, "/login?next=/jobs?state%3Ddone")
    answer = client.get("/nothing/here", headers=HTML)
    assert answer.location.startswith("/login")


def test_a_role_that_is_not_enough_is_refused_everywhere(server_app: Flask) -> None:
    order: list[str] = list(ROLES)
    clients = {role: program(server_app, f"a-{role}", ROLES[role]) for role in order}
    job = job_of(server_app, "ada")
    for rule, method, right in routes(server_app):
        for role in order[: order.index(right)] if right != "anybody" else []:
            answer = ask(clients[role], rule, method, job)
            assert answer.status_code == 403, (rule, role)
            assert role in answer.get_json()["error"]["message"], rule


def test_jobs_of_others_are_as_if_they_were_not_there(server_app: Flask) -> None:
    client = program(server_app, "eve", "reviewer")
    for rule, method, right in routes(server_app):
        if rule.arguments & OF_A_JOB and right not in {"anybody", "admin"}:
            missing = ask(client, rule, method, replace(new_job(), id="x"))
            answer = ask(client, rule, method, job_of(server_app, "ada"))
            assert (answer.status_code, missing.status_code) == (404, 404), rule
            told = [a.get_json()["error"]["message"] for a in (answer, missing)]
            assert told[0] == told[1], rule


@pytest.mark.parametrize("who", ["ada", "root"])
def test_owner_and_administrator_are_let_in(server_app: Flask, who: str) -> None:
    account(server_app, "root", "admin")
    account(server_app, "ada", "reviewer")
    client = program(server_app, who)
    for rule, method, right in routes(server_app):
        if right != "anybody" and (who == "root" or right != "admin"):
            answer = ask(client, rule, method, job_of(server_app, "ada"))
            answer.close()  # a stream of events would go on
            assert answer.status_code not in {401, 403, 500}, rule


def test_each_lists_their_own_jobs_and_an_administrator_all(server_app: Flask) -> None:
    jobs = {name: job_of(server_app, name).id for name in ("ada", "bob")}
    old = services_of(server_app).queue.submit(replace(new_job(), user="visitor:old")).id

    def listed(client: FlaskClient) -> set[str]:
        return {job["id"] for job in client.get("/api/v1/jobs").get_json()["jobs"]}

    for name, job_id in jobs.items():
        assert listed(program(server_app, name)) == {job_id}
    assert listed(program(server_app, "root", "admin")) == {*jobs.values(), old}


def test_what_is_sent_belongs_to_the_account(server_app: Flask) -> None:
    client = program(server_app, "ada")
    job = queued(client, services_of(server_app))
    assert job.user == account(server_app, "ada").user


def test_a_viewer_may_not_stop_what_it_sent_when_it_was_more(server_app: Flask) -> None:
    client, job = program(server_app, "ada"), job_of(server_app, "ada")
    services_of(server_app).accounts.set_role(account(server_app, "ada").id, "viewer")
    assert client.get(f"/api/v1/jobs/{job.id}").status_code == 200
    assert client.delete(f"/api/v1/jobs/{job.id}").status_code == 403


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YWRhOng=", "Bearer", "x"])
def test_a_wrong_token_is_refused_even_beside_a_good_cookie(server_app: Flask, header: str) -> None:
    client = browser(server_app, "ada")
    assert client.get("/api/v1/jobs").status_code == 200
    answer = client.get("/api/v1/jobs", headers={"Authorization": header, **HTML})
    assert answer.status_code == 401
    assert "error=invalid_token" in answer.headers["WWW-Authenticate"]


def test_a_form_or_fetch_without_our_token_changes_nothing(server_app: Flask) -> None:
    client = browser(server_app, "ada")
    job = job_of(server_app, "ada")
    for headers in ({}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": "é"}):
        assert client.delete(f"/api/v1/jobs/{job.id}", headers=headers).status_code == 403
        assert client.post(f"/jobs/{job.id}/delete", headers=headers).status_code == 403
    assert submit(client, f"/jobs/{job.id}/delete").status_code == 303


def test_every_form_of_the_templates_holds_our_token(server_app: Flask) -> None:
    assert server_app.jinja_env.loader is not None
    for name in server_app.jinja_env.list_templates(extensions=["html"]):
        source = server_app.jinja_env.loader.get_source(server_app.jinja_env, name)[0]
        for form in source.split("<form")[1:]:
            if 'method="post"' in form.partition(">")[0]:
                assert "csrf_field()" in form.partition("</form>")[0], name


def test_in_local_mode_everybody_may_do_everything(client: FlaskClient) -> None:
    assert client.get("/api/v1/jobs").status_code == 200
    for path in ("/login", "/account", "/accounts", "/invitation/x"):
        assert client.get(path).status_code == 404
