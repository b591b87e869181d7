"""Who is asking where nobody logs in, and whose jobs are theirs."""

from __future__ import annotations

from typing import Any

from flask import Flask, session
from flask.testing import FlaskClient

from app.services import Services
from app.visitors import visitor
from tests.app.web import queued

LAB = {"REMOTE_ADDR": "192.0.2.7"}


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


def test_over_https_no_other_host_can_set_the_cookie(client: FlaskClient) -> None:
    cookie = client.get("/", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-colormapper=")
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_a_forged_cookie_is_no_visitor(web_app: Flask) -> None:
    headers = {"Cookie": "colormapper=eyJ2aXNpdG9yIjoiYSJ9.aaaaaa.bbbbbb"}
    with web_app.test_request_context(headers=headers, environ_base=LAB):
        assert "visitor" not in session
        assert visitor() == "address:192.0.2.7"


def test_on_ones_own_machine_all_jobs_are_listed(web_app: Flask) -> None:
    browser, program = web_app.test_client(), web_app.test_client()
    browser.get("/")
    ids = {send_as(browser, web_app), send_as(program, web_app)}
    assert set(listed(browser)) == set(listed(program)) == ids
