"""Exceptions become answers: the right status, a sentence for people, no traces or paths."""

from __future__ import annotations

import errno
import logging
import os
import re
import sqlite3
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import Forbidden, NotFound, RequestEntityTooLarge

from app.database import DatabaseUnavailable
from app.errors import OTHERWISE
from app.jobs import BadCursor, IdempotencyConflict, JobNotFound, QueueFull
from app.stores.store import NotStored, StoreRefused, StoreUnavailable
from cyclegan.errors import (
    CorruptImage,
    ImageError,
    ImageTooLarge,
    ModelError,
    SettingsError,
    TrainingError,
    UnsupportedFormat,
)

SECRET = "/home/somebody/secret-token"  # noqa: S105 - looked for, not used

EXPECTED: list[tuple[Exception, int]] = [
    (UnsupportedFormat("a text"), 415),
    (ImageTooLarge("40000 x 30000 px"), 413),
    (CorruptImage("cut short"), 422),
    (ImageError("odd"), 422),
    (ModelError("no such model"), 422),
    (SettingsError("mpp is odd"), 422),
    (TrainingError("another of the family"), 422),
    (JobNotFound("no such job"), 404),
    (QueueFull("user", 3, 60), 429),
    (IdempotencyConflict("used before"), 409),
    (BadCursor("no such cursor"), 400),
    (NotStored(SECRET), 404),
    (DatabaseUnavailable(SECRET), 503),
    (StoreUnavailable(SECRET), 503),
    (StoreRefused("grant the account a role"), 503),
    (OSError(errno.ENOSPC, "full", SECRET), 507),
    (OSError(errno.EDQUOT, "full", SECRET), 507),
    (OSError(errno.EIO, "broken", SECRET), 500),
    (sqlite3.OperationalError(SECRET), 500),
    (ValueError(SECRET), 500),
    (Forbidden(), 403),
    (NotFound(), 404),
    (RequestEntityTooLarge(), 413),
]


@pytest.fixture
def failing(web_app: Flask) -> Flask:
    """An application with routes that raise the expected exceptions, by number."""

    def fail(number: int) -> str:
        raise EXPECTED[number][0]

    web_app.add_url_rule("/api/fail/<int:number>", "fail", fail)
    web_app.add_url_rule("/fail/<int:number>", "fail_page", fail)
    return web_app


def names() -> list[str]:
    return [type(error).__name__ for error, _ in EXPECTED]


@pytest.mark.parametrize("number", range(len(EXPECTED)), ids=names())
def test_an_exception_has_its_status_code_and_sentence(failing: Flask, number: int) -> None:
    answer = failing.test_client().get(f"/api/fail/{number}")
    error = answer.get_json()["error"]
    assert answer.status_code == EXPECTED[number][1]
    assert set(error) == {"code", "message", "request_id"}
    assert not error["message"][0].islower()
    assert error["message"].endswith(".")
    assert error["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("number", range(len(EXPECTED)), ids=names())
@pytest.mark.parametrize("path", ["/api/fail", "/fail"])
def test_no_answer_holds_a_trace_a_path_or_a_secret(
    failing: Flask, path: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    answer = failing.test_client().get(f"{path}/{number}", headers={"Accept": "text/html"})
    assert "Traceback" not in answer.text
    assert SECRET not in answer.text
    assert os.getcwd() not in answer.text  # noqa: PTH109


def test_a_bug_leaves_its_trace_in_the_log_under_the_request_id(
    failing: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = failing.test_client().get(f"/api/fail/{names().index('ValueError')}")
    [record] = [record for record in caplog.records if record.name == "app.errors"]
    assert answer.headers["X-Request-ID"] in record.getMessage()
    assert record.exc_info is not None


def test_what_may_be_tried_again_says_when(failing: Flask) -> None:
    seconds_of = {"QueueFull": "60", "DatabaseUnavailable": "5", "StoreUnavailable": "20"}
    for name, seconds in seconds_of.items():
        answer = failing.test_client().get(f"/api/fail/{names().index(name)}")
        assert answer.headers["Retry-After"] == seconds


def test_a_store_that_refuses_says_what_to_change(failing: Flask) -> None:
    error = _told(failing, "StoreRefused")
    assert error["code"] == "store_refused"
    assert error["message"] == "Grant the account a role."


def test_a_store_that_is_away_leaves_its_reason_in_the_log(
    failing: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert _told(failing, "StoreUnavailable")["code"] == "store_unavailable"
    assert any(SECRET in record.getMessage() for record in caplog.records)


def _told(failing: Flask, error: str) -> dict[str, str]:
    answer = failing.test_client().get(f"/api/fail/{names().index(error)}")
    told: dict[str, str] = answer.get_json()["error"]
    return told


def test_a_browser_on_a_page_is_shown_a_page(failing: Flask) -> None:
    answer = failing.test_client().get("/fail/0", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.content_type.startswith("text/html")
    assert answer.headers["X-Request-ID"] in answer.text


@pytest.mark.parametrize("number", range(len(EXPECTED)), ids=names())
def test_a_page_is_headed_by_what_happened_not_by_a_term_of_http(
    failing: Flask, number: int
) -> None:
    answer = failing.test_client().get(f"/fail/{number}", headers={"Accept": "text/html"})
    status = EXPECTED[number][1]
    assert answer.status_code == status
    heading = re.search("<h1>(.+)</h1>", answer.text)
    assert heading is not None
    assert heading[1] not in {HTTPStatus(status).phrase, OTHERWISE}
    assert f"<title>{heading[1]} ·" in answer.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_a_program_on_a_page_is_told_in_json(client: FlaskClient, accept: str) -> None:
    answer = client.get("/nowhere", headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == (404, "application/json")


def test_a_browser_is_told_in_json_by_the_api(client: FlaskClient) -> None:
    answer = client.get("/api/nowhere", headers={"Accept": "text/html"})
    assert answer.content_type == "application/json"


def test_every_status_has_a_code_for_programs(failing: Flask) -> None:
    answer = failing.test_client().get(f"/api/fail/{names().index('Forbidden')}")
    assert answer.get_json()["error"]["code"] == HTTPStatus.FORBIDDEN.name.lower()
