"""The course of a job as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.api import events as stream_of_events
from app.services import Services
from app.settings import ServeSettings
from tests.app.people import account, browser, program, server_of, services_of
from tests.app.web import finish, queued


def events(answer: TestResponse) -> Iterator[tuple[str, Any]]:
    """(id, document) of each event as it comes."""
    for block in answer.response:
        assert isinstance(block, bytes)
        lines = dict(line.split(": ", 1) for line in block.decode().strip().splitlines())
        if "data" in lines:
            yield lines["id"], json.loads(lines["data"])


def test_a_stream_tells_each_change_and_ends_with_the_job(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    stream = events(client.get(f"/api/v1/jobs/{job.id}/events", buffered=False))
    assert next(stream)[1]["state"] == "queued"
    finish(services, tmp_path)
    documents = [document for _, document in stream]
    assert documents[-1] == client.get(f"/api/v1/jobs/{job.id}").get_json()
    assert documents[-1]["state"] == "done"


def test_a_change_that_was_seen_is_not_told_again(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    address = f"/api/v1/jobs/{job.id}/events"
    answer = client.get(address, buffered=False)
    seen, _ = next(events(answer))
    answer.close()
    again = events(client.get(address, headers={"Last-Event-ID": seen}, buffered=False))
    finish(services, tmp_path)
    assert next(again)[1]["state"] == "done"


def test_a_browser_that_saw_the_end_is_told_not_to_come_again(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    finish(services, tmp_path)
    address = f"/api/v1/jobs/{job.id}/events"
    [(seen, _)] = events(client.get(address))
    assert client.get(address, headers={"Last-Event-ID": seen}).status_code == 204


def test_a_stream_ends_when_its_job_is_removed(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    stream = events(client.get(f"/api/v1/jobs/{job.id}/events", buffered=False))
    next(stream)
    client.delete(f"/api/v1/jobs/{job.id}")
    assert list(stream) == []


def test_a_stream_ends_when_the_process_is_to_stop(
    web_app: Flask, client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    stream = events(client.get(f"/api/v1/jobs/{job.id}/events", buffered=False))
    next(stream)
    web_app.extensions["streams"].ending = True
    assert list(stream) == []


def test_more_streams_than_may_be_open_are_503_until_one_closes(
    web_app: Flask, client: FlaskClient, services: Services
) -> None:
    address = f"/api/v1/jobs/{queued(client, services).id}/events"
    limit = services.settings.web_threads // 3
    open_streams = [web_app.test_client().get(address, buffered=False) for _ in range(limit)]
    refused = client.get(address)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    open_streams[0].close()
    answer = client.get(address, buffered=False)
    assert answer.status_code == 200
    for stream in (*open_streams[1:], answer):
        stream.close()


def test_streams_of_unknown_jobs_are_404(client: FlaskClient) -> None:
    assert client.get("/api/v1/jobs/nobody/events").status_code == 404


@pytest.mark.parametrize("how", ["disabled", "logged out", "revoked"])
def test_nobody_is_told_more_than_they_may_still_see(
    web_settings: ServeSettings, tmp_path: Path, how: str
) -> None:
    app = server_of(web_settings)
    kept, ada = services_of(app), account(app, "ada")
    job = queued(program(app, "ada"), kept)
    client = (program if how == "revoked" else browser)(app, "ada")
    answer = client.get(f"/api/v1/jobs/{job.id}/events", buffered=False)
    stream = events(answer)
    assert next(stream)[1]["state"] == "queued"
    if how == "disabled":
        kept.accounts.set_active(account(app, "root", "admin").id, active=True)
        kept.accounts.set_active(ada.id, active=False)
    elif how == "logged out":
        (session,) = kept.sessions.of(ada)
        kept.sessions.end(ada, session.number)
    else:
        for token in kept.tokens.of(ada):
            kept.tokens.revoke(ada, token.number)
    finish(kept, tmp_path)
    assert list(stream) == []


def test_a_stream_on_which_nothing_happens_ends_with_the_login(
    web_settings: ServeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_of_events, "HEARTBEAT_S", 0.0)
    app = server_of(web_settings)
    ada = account(app, "ada")
    job = queued(program(app, "ada"), services_of(app))
    answer = browser(app, "ada").get(f"/api/v1/jobs/{job.id}/events", buffered=False)
    blocks = iter(answer.response)
    told = [next(blocks) for _ in range(3)]
    assert b"retry: " in told[0]
    assert told[2] == b": no change\n\n"
    services_of(app).accounts.set_active(ada.id, active=False)
    assert list(blocks) == []
