"""Logging in, out and being shut out, as browsers meet it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.account import WrongLogin
from app.database import open_database, writing
from app.passwords import NOBODYS, Passwords
from app.settings import ServeSettings
from app.tables import sessions, tokens
from tests.app.people import (
    HTML,
    PASSWORD,
    account,
    browser,
    csrf_token,
    program,
    server_of,
    services_of,
    submit,
)


@pytest.fixture
def server_app(web_settings: ServeSettings) -> Flask:
    return server_of(web_settings)


@pytest.fixture
def ada(server_app: Flask) -> FlaskClient:
    """A browser in which ada has just chosen her password."""
    client = server_app.test_client()
    secret = services_of(server_app).accounts.invite("Ada@lab.example", "uploader").secret
    path = f"/invitation/{secret}"
    assert submit(client, path, password=PASSWORD, again=PASSWORD).location == "/"
    return client


def log_in(client: FlaskClient, password: str = PASSWORD, name: str = "ada@lab.example") -> int:
    return submit(client, "/login", name=name, password=password).status_code


def is_in(client: FlaskClient) -> bool:
    return client.get("/api/v1/jobs").status_code == 200


def age(app: Flask, **changes: timedelta) -> None:
    """Make columns of all sessions and tokens so much older."""
    engine = open_database(services_of(app).settings.database)
    with writing(engine) as connection:
        for table in (sessions, tokens):
            for row in connection.execute(table.select()).all():
                older = {k: getattr(row, k) - v for k, v in changes.items() if k in table.c}
                if older:
                    this = table.update().where(table.c.number == row.number)
                    connection.execute(this.values(older))
    engine.dispose()


def test_an_invitation_logs_in_once(server_app: Flask, ada: FlaskClient) -> None:
    assert is_in(ada)
    used = services_of(server_app).accounts.invite("bob", "viewer")
    assert submit(
        server_app.test_client(), f"/invitation/{used.secret}", password=PASSWORD, again=PASSWORD
    ).status_code == 303  # fmt: skip
    again = server_app.test_client().get(f"/invitation/{used.secret}", headers=HTML)
    assert again.status_code == 404
    assert "ask for a new one" in again.text


def test_a_newer_link_replaces_the_older(server_app: Flask, ada: FlaskClient) -> None:
    kept = services_of(server_app).accounts
    first, second = (kept.reset(kept.named("ADA@lab.example").id) for _ in range(2))
    assert ada.get(f"/invitation/{first.secret}").status_code == 404
    assert ada.get(f"/invitation/{second.secret}").status_code == 200


@pytest.mark.parametrize(
    ("password", "again", "told"),
    [
        ("short", "short", "10 to 200"),
        ("password1234", "password1234", "guessed first"),
        ("ada@lab.example", "ada@lab.example", "guessed first"),
        (PASSWORD, "another", "differ"),
    ],
)
def test_a_bad_password_is_explained_and_the_link_still_holds(
    server_app: Flask, password: str, again: str, told: str
) -> None:
    secret = services_of(server_app).accounts.invite("ada@lab.example", "viewer").secret
    client, path = server_app.test_client(), f"/invitation/{secret}"
    answer = submit(client, path, password=password, again=again)
    assert answer.status_code == 422
    assert told in answer.text
    assert client.get(path).status_code == 200


def test_the_password_logs_in_under_the_name_however_it_is_written(
    server_app: Flask, ada: FlaskClient
) -> None:
    client = server_app.test_client()
    assert log_in(client, name=" ADA@Lab.example ") == 303
    assert is_in(client)
    assert log_in(server_app.test_client(), "another password") == 403


def test_each_login_has_a_session_of_its_own(server_app: Flask) -> None:
    client = server_app.test_client()
    before = csrf_token(client)
    secret = services_of(server_app).accounts.invite("ada", "viewer").secret
    submit(client, f"/invitation/{secret}", password=PASSWORD, again=PASSWORD)
    assert csrf_token(client, "/account") not in {before, ""}


def test_logging_out_ends_the_session_even_for_who_kept_the_cookie(
    server_app: Flask, ada: FlaskClient
) -> None:
    cookie = ada.get_cookie("colormapper")
    assert cookie is not None
    assert submit(ada, "/logout", at="/account").location == "/login"
    thief = server_app.test_client()
    thief.set_cookie("colormapper", cookie.value)
    assert not is_in(thief)


def test_a_changed_password_ends_the_other_sessions(server_app: Flask, ada: FlaskClient) -> None:
    other = server_app.test_client()
    log_in(other)
    new = "violet anchor bread 47 moon"
    fields = {"old": PASSWORD, "password": new, "again": new}
    assert submit(ada, "/account/password", at="/account", **fields).status_code == 303
    assert (is_in(ada), is_in(other)) == (True, False)
    assert (log_in(other), log_in(other, new)) == (403, 303)


def test_a_wrong_present_password_changes_nothing(ada: FlaskClient) -> None:
    fields = {
        "old": "wrong",
        "password": "violet anchor bread 47",
        "again": "violet anchor bread 47",
    }
    answer = submit(ada, "/account/password", at="/account", **fields)
    assert answer.status_code == 403
    assert log_in(ada) == 303


def test_one_browser_is_logged_out_from_another(server_app: Flask, ada: FlaskClient) -> None:
    other = server_app.test_client()
    log_in(other)
    (path,) = re.findall(r'action="(/account/sessions/\d+/end)"', ada.get("/account").text)
    submit(ada, path, at="/account")
    assert (is_in(ada), is_in(other)) == (True, False)


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({"seen": timedelta(hours=11)}, True),
        ({"seen": timedelta(hours=13)}, False),
        ({"created": timedelta(days=13)}, True),
        ({"created": timedelta(days=15)}, False),
    ],
)
def test_a_session_ends_when_it_rests_or_grows_old(
    server_app: Flask, changes: dict[str, timedelta], stays: bool
) -> None:
    client = browser(server_app, "ada")
    age(server_app, **changes)
    assert is_in(client) is stays


def test_a_disabled_account_is_out_at_once_and_its_tokens_for_good(server_app: Flask) -> None:
    client, script = browser(server_app, "ada"), program(server_app, "ada")
    kept, number = services_of(server_app).accounts, account(server_app, "ada").id
    link = kept.reset(number).secret
    kept.set_active(number, active=False)
    assert (is_in(client), is_in(script)) == (False, False)
    kept.set_active(number, active=True)
    assert (is_in(client), is_in(script)) == (False, False)
    assert server_app.test_client().get(f"/invitation/{link}").status_code == 404


def test_nobody_learns_which_names_there_are(server_app: Flask, ada: FlaskClient) -> None:
    account(server_app, "invited")
    gone = account(server_app, "gone")
    services_of(server_app).accounts.set_active(gone.id, active=False)
    pages = set()
    for name in ("ada@lab.example", "nobody", "invited", "gone", "a\0b", "x" * 64):
        client = server_app.test_client()
        answer = submit(client, "/login", name=name, password=PASSWORD * 2)
        assert answer.status_code == 403
        stripped = re.sub(r'value="[^"]*"|content="[^"]{20,}"', "", answer.text)
        pages.add(stripped)
    assert len(pages) == 1


def test_an_unknown_name_costs_the_work_of_a_known_one(
    server_app: Flask, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    passwords = Passwords()
    really = passwords._hasher

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            compared.append(kept)
            return really.verify(kept, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    kept = services_of(server_app).accounts
    monkeypatch.setattr(kept, "_passwords", passwords)
    for name in ("ada@lab.example", "nobody"):
        with pytest.raises(WrongLogin):
            kept.log_in(name, "wrong")
    parameters = [hashed.rpartition("$")[0].rpartition("$")[0] for hashed in compared]
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]
    assert not really.check_needs_rehash(NOBODYS)


def test_guessing_is_slowed_for_a_name_wherever_it_comes_from(server_app: Flask) -> None:
    def guess(address: str, name: str) -> int:
        client = server_app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return submit(client, "/login", name=name, password="x" * 12).status_code

    statuses = [guess(f"192.0.2.{n}", "Ada") for n in range(11)]
    assert statuses == [403] * 10 + [429]
    assert guess("192.0.2.1", "bob") == 403


def test_guessing_is_slowed_for_an_address_whatever_the_names(server_app: Flask) -> None:
    client = server_app.test_client()
    token = csrf_token(client)
    data = {"csrf_token": token, "password": "x" * 12}
    for _ in range(60):
        client.post("/login", data={**data, "name": "a"})
    answer = client.post("/login", data={**data, "name": "one more"}, headers=HTML)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/jobs?state=done", "/jobs?state=done"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/a\nb", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_login_leads_only_to_own_pages(server_app: Flask, wanted: str, led: str) -> None:
    client = browser(server_app, "ada")
    assert client.get("/login", query_string={"next": wanted}).location == led


def test_a_service_without_accounts_says_how_to_make_the_first(server_app: Flask) -> None:
    client = server_app.test_client()
    assert "scripts/accounts.py invite" in client.get("/login").text
    account(server_app, "root", "admin")
    assert "scripts/accounts.py" not in client.get("/login").text


def test_an_api_token_is_shown_once_and_can_be_revoked(server_app: Flask) -> None:
    client = browser(server_app, "ada")
    made = submit(client, "/account/tokens", at="/account", name="microscope <PC>", days="30")
    (token,) = re.findall(r"cm_[\w-]{43}", made.text)
    script = server_app.test_client()
    script.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    assert is_in(script)
    page = client.get("/account").text
    assert token not in page
    assert "microscope &lt;PC&gt;" in page
    (path,) = re.findall(r'action="(/account/tokens/\d+/revoke)"', page)
    submit(browser(server_app, "eve"), path, at="/account")
    assert is_in(script)
    submit(client, path, at="/account")
    assert not is_in(script)


def test_an_api_token_ends_in_time(server_app: Flask) -> None:
    script = program(server_app, "ada")
    assert is_in(script)
    age(server_app, until=timedelta(days=2))
    assert not is_in(script)


def test_an_administrator_invites_and_changes_roles(server_app: Flask) -> None:
    root = browser(server_app, "root", "admin")
    made = submit(root, "/accounts", name="Bob", role="viewer")
    (path,) = re.findall(r"http://localhost(/invitation/[\w-]+)", made.text)
    bob = server_app.test_client()
    submit(bob, path, password=PASSWORD, again=PASSWORD)
    number = account(server_app, "bob").id
    submit(root, f"/accounts/{number}/role", at="/accounts", role="reviewer")
    assert account(server_app, "bob").role == "reviewer"
    assert submit(root, "/accounts", name="bob", role="viewer").status_code == 409
    assert submit(root, "/accounts", name="<b>", role="viewer").status_code == 422
    submit(root, f"/accounts/{number}/disable", at="/accounts")
    assert not is_in(bob)


@pytest.mark.parametrize("act", ["disable", "role"])
def test_the_last_administrator_stays(server_app: Flask, act: str) -> None:
    root = browser(server_app, "root", "admin")
    number = account(server_app, "root").id
    answer = submit(root, f"/accounts/{number}/{act}", at="/accounts", role="viewer")
    assert answer.status_code == 409
    assert account(server_app, "root").may("admin")
    assert is_in(root)
