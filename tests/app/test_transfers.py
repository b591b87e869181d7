"""Uploads in parts, but for the network: whose they are, how much they may take, when they go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.database import open_database
from app.refusals import QuotaExceeded, UploadNotFound
from app.scope import EVERYBODYS, Scope
from app.settings import ServeSettings
from app.transfers import LEFTOVER_S, Transfers
from tests.app.databases import make_database
from tests.app.people import program, server_of
from tests.app.tus import PART, TUS
from tests.app.web import png, send

START = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def engine(web_settings: ServeSettings) -> Iterator[sa.Engine]:
    make_database(web_settings.database)
    engine = open_database(web_settings.database)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=START)


@pytest.fixture
def transfers(engine: sa.Engine, clock: SimpleNamespace, tmp_path: Path) -> Transfers:
    folder = tmp_path / "uploads"
    folder.mkdir()
    return Transfers(engine, folder, days=2, max_user_bytes=1000, clock=lambda: clock.now)


def begin_at(app_client: FlaskClient, length: int, data: bytes = b"") -> TestResponse:
    headers = {**(PART if data else TUS), "Upload-Length": str(length)}
    return app_client.post("/uploads", headers=headers, data=data)


def test_an_unfinished_upload_goes_when_nothing_of_it_came_for_days(
    transfers: Transfers, clock: SimpleNamespace
) -> None:
    old, alive = (transfers.begin(user="ada", length=9, about="") for _ in range(2))
    clock.now += timedelta(days=1)
    with transfers.hold(alive.id, whose=EVERYBODYS) as held:
        held.append(iter([b"more"]), offset=0)
    clock.now += timedelta(days=1)
    with pytest.raises(UploadNotFound):
        transfers.get(old.id, whose=EVERYBODYS)
    transfers.sweep()
    assert not transfers.path(old.id).exists()
    assert transfers.get(alive.id, whose=EVERYBODYS).kept == 4


def test_an_upload_is_not_swept_while_something_of_it_arrives(
    transfers: Transfers, clock: SimpleNamespace
) -> None:
    upload = transfers.begin(user="ada", length=9, about="")
    with transfers.hold(upload.id, whose=EVERYBODYS) as held:
        clock.now += timedelta(days=3)
        transfers.sweep()
        held.append(iter([b"just", b" yet."]), offset=0)
    transfers.sweep()
    assert transfers.path(upload.id).read_bytes() == b"just yet."


def test_a_file_without_a_row_is_swept_when_it_is_old(transfers: Transfers) -> None:
    orphans = [transfers.path(name) for name in ("new", "old")]
    for path in orphans:
        path.write_bytes(b"")
    past = START.timestamp() - LEFTOVER_S
    os.utime(orphans[1], (past, past))
    transfers.sweep()
    assert [path.exists() for path in orphans] == [True, False]


def test_bytes_that_were_not_acknowledged_are_overwritten(transfers: Transfers) -> None:
    upload = transfers.begin(user="ada", length=6, about="")
    transfers.path(upload.id).write_bytes(b"torn apart")
    with transfers.hold(upload.id, whose=EVERYBODYS) as held:
        assert held.append(iter([b"all ok"]), offset=0).is_whole
    assert transfers.path(upload.id).read_bytes() == b"all ok"


def test_a_person_has_so_many_bytes_and_others_have_theirs(transfers: Transfers) -> None:
    first = transfers.begin(user="ada", length=700, about="")
    with pytest.raises(QuotaExceeded, match=r"700 of the 1,000 bytes .* this file has 400"):
        transfers.begin(user="ada", length=400, about="")
    assert len(list(transfers.path("").iterdir())) == 1
    transfers.begin(user="bob", length=400, about="")
    with transfers.hold(first.id, whose=Scope("ada")) as held:
        held.remove()
    transfers.begin(user="ada", length=400, about="")


def test_images_count_as_uploads_do_however_they_came(web_settings: ServeSettings) -> None:
    image = png()
    limited = web_settings.model_copy(update={"max_user_bytes": len(image) + 10})
    make_database(limited.database)
    client = create_app(limited).test_client()
    assert send(client, image).status_code == 202
    refused = [send(client, png(seed=1)), begin_at(client, 11)]
    for answer in refused:
        assert answer.status_code == 413
        assert answer.get_json()["error"]["code"] == "quota_exceeded"
    assert begin_at(client, 10).status_code == 201
    limits = client.get("/api/v1/limits").get_json()
    assert limits["user_bytes"] == limits["max_user_bytes"] == len(image) + 10


def test_an_upload_that_was_counted_becomes_a_job(web_settings: ServeSettings) -> None:
    image = png()
    limited = web_settings.model_copy(update={"max_user_bytes": len(image)})
    make_database(limited.database)
    client = create_app(limited).test_client()
    upload = begin_at(client, len(image), image).headers["Location"].rpartition("/")[2]
    assert client.post("/api/v1/jobs", data={"upload": upload}).status_code == 202


@pytest.fixture
def server_app(web_settings: ServeSettings) -> Flask:
    return server_of(web_settings, uploads_per_minute=3)


def test_on_a_server_an_upload_is_its_senders_alone(server_app: Flask) -> None:
    mine, other = program(server_app, "ada"), program(server_app, "bob")
    address = begin_at(mine, 4).headers["Location"]
    upload = address.rpartition("/")[2]
    part = {**PART, "Upload-Offset": "0"}
    assert other.head(address, headers=TUS).status_code == 404
    assert other.patch(address, headers=part, data=b"mine").status_code == 404
    assert other.delete(address, headers=TUS).status_code == 404
    assert other.post("/api/v1/jobs", data={"upload": upload}).status_code == 404
    assert mine.patch(address, headers=part, data=b"mine").status_code == 204


def test_who_begins_too_many_uploads_is_told_when_to_go_on(server_app: Flask) -> None:
    fast, other = program(server_app, "ada"), program(server_app, "bob")
    answers = [begin_at(fast, 4) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60
    assert send(fast).status_code == 429
    assert begin_at(other, 4).status_code == 201
