"""Who is asking, and whose jobs are theirs."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from app import create_app
from app.migrations import migrate
from app.services import Services
from app.settings import ServeSettings
from app.visitors import visitor
from tests.app.web import queued

LAB = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def server_app(web_settings: ServeSettings) -> Flask:
    settings = web_settings.model_copy(update={"mode": "server", "secret_key": "k" * 32})
    settings.data_dir.mkdir()
    migrate(settings.database)
    return create_app(settings)


def listed(client: FlaskClient, **kwargs: Any) -> list[str]:
    document = client.get("/api/v1/jobs", **kwargs).get_json()
    return [job["id"] for job in document["jobs"]]


def send_as(client: FlaskClient, app: Flask) -> str:
    services: Services = app.extensions["services"]
    return queued(client, services).id


def test_a_client_without_a_cookie_is_its_address(web_app: Flask) -> None:
    with web_app.test_request_context(environ_base=LAB):
        assert visitor() == "address:192.0.2.7"


def test_a_browser_gets_a_cookie_on_its_first_page_and_keeps_it(client: FlaskClient) -> None:
    first = client.get("/")
    assert "colormapper=" in first.headers["Set-Cookie"]
    assert "Set-Cookie" not in client.get("/").headers


def test_the_api_sets_no_cookie(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/api/v1/jobs").headers


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = client.get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_cookie_is_secure_over_https(client: FlaskClient) -> None:
    assert "Secure" in client.get("/", base_url="https://localhost").headers["Set-Cookie"]


def test_a_forged_cookie_is_no_visitor(web_app: Flask) -> None:
    headers = {"Cookie": "colormapper=eyJ2aXNpdG9yIjoiYSJ9.aaaaaa.bbbbbb"}
    with web_app.test_request_context(headers=headers, environ_base=LAB):
        assert "visitor" not in session
        assert visitor() == "address:192.0.2.7"


def test_on_a_server_each_visitor_lists_their_own_jobs(server_app: Flask) -> None:
    clients = [server_app.test_client() for _ in range(2)]
    for client in clients:
        client.get("/")
    ids = [send_as(client, server_app) for client in clients]
    assert [listed(client) for client in clients] == [[id_] for id_ in ids]


def test_on_a_server_clients_without_cookie_are_told_apart_by_address(server_app: Flask) -> None:
    client = server_app.test_client()
    job_id = send_as(client, server_app)
    assert listed(client) == [job_id]
    assert listed(client, environ_base=LAB) == []


def test_on_ones_own_machine_all_jobs_are_listed(web_app: Flask) -> None:
    browser, program = web_app.test_client(), web_app.test_client()
    browser.get("/")
    ids = {send_as(browser, web_app), send_as(program, web_app)}
    assert set(listed(browser)) == set(listed(program)) == ids


def test_a_job_is_reached_by_whoever_has_its_id(server_app: Flask) -> None:
    job_id = send_as(server_app.test_client(), server_app)
    answer = server_app.test_client().get(f"/api/v1/jobs/{job_id}", environ_base=LAB)
    assert answer.status_code == 200
