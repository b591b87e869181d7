"""What browsers may do with answers, and whose browsers may change something."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.security import SECRET_NAME, secret_key
from tests.app.web import send

OTHER_SITES = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:9999"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]
OUR_PAGES = [
    {},
    {"Origin": "http://localhost"},
    {"Origin": "https://localhost"},  # behind a proxy that ends TLS
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_other_sites_can_change_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    assert send(client, headers=headers).status_code == 403
    assert client.delete("/api/v1/jobs/x", headers=headers).status_code == 403
    assert client.post("/api/v1/jobs/x/cancel", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", OUR_PAGES)
def test_our_pages_and_programs_can_send(client: FlaskClient, headers: dict[str, str]) -> None:
    assert send(client, headers=headers).status_code == 202


def test_every_route_that_changes_something_refuses_other_sites(
    web_app: Flask, client: FlaskClient
) -> None:
    tried = 0
    for rule in web_app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            path = re.sub(r"<[^>]+>", "x", rule.rule)
            answer = client.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403, rule
            tried += 1
    assert tried >= 3


def test_other_sites_may_link_here(client: FlaskClient) -> None:
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_every_route_has_the_headers_that_bind_browsers(
    web_app: Flask, client: FlaskClient
) -> None:
    for rule in web_app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        headers = client.open(path, method="GET").headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, rule
        assert "frame-ancestors 'none'" in policy, rule
        assert "unsafe-inline" not in policy, rule
        assert "unsafe-eval" not in policy, rule
        assert headers["X-Content-Type-Options"] == "nosniff", rule
        assert headers["Referrer-Policy"] == "same-origin", rule
        assert headers["Cache-Control"], rule


@pytest.mark.parametrize("path", ["/", "/api/v1/jobs", "/api/v1/limits", "/jobs"])
def test_pages_and_documents_are_not_kept_by_browsers(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "local host"])
def test_other_host_names_are_400(client: FlaskClient, host: str) -> None:
    for path in ("/", "/api/v1/jobs"):
        answer = client.get(path, headers={"Host": host, "Accept": "text/html"})
        assert answer.status_code == 400
        assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:61234"])
def test_the_port_of_a_host_name_does_not_matter(client: FlaskClient, host: str) -> None:
    assert client.get("/api/v1/jobs", headers={"Host": host}).status_code == 200


def test_debug_is_off_whatever_the_environment_says(
    web_app: Flask, web_settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import create_app
    from app.settings import ServeSettings

    assert isinstance(web_settings, ServeSettings)
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert not create_app(web_settings).debug


def test_a_secret_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(key) == 64
    assert secret_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / SECRET_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_NAME]


def test_processes_that_start_at_once_agree_on_the_secret_key(tmp_path: Path) -> None:
    keys: set[str] = set()
    threads = [Thread(target=lambda: keys.add(secret_key(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 1
