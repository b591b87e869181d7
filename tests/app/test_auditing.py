"""Every act of the service leaves its line."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit import Entry, Wanted
from app.auditing import act_of
from app.scope import EVERYBODYS
from app.services import Services
from tests.app.web import finish, get, png, queued, send

FILES_OF_PROGRAMS = {"static", "openapi.static"}
"""Style sheets and scripts, the same for everybody."""
BROWSER = {"Accept": "text/html"}
NOBODYS = "x" * 22


def lines(services: Services) -> list[Entry]:
    return list(services.audit.read(Wanted()))


def told(services: Services) -> list[tuple[str, str | None, str]]:
    return [(entry.action, entry.object, entry.outcome) for entry in lines(services)]


def test_every_view_says_which_act_it_is(web_app: Flask) -> None:
    views = web_app.view_functions.items()
    silent = {endpoint for endpoint, view in views if act_of(view) is None}
    assert silent == FILES_OF_PROGRAMS


def test_the_life_of_an_image_is_in_the_log(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    finish(services, tmp_path)
    get(client, f"/jobs/{job.id}")
    get(client, f"/results/{job.token}/result.tif")
    get(client, f"/results/{job.token}/result.tif", headers={"Range": "bytes=0-1"})
    get(client, f"/results/{job.token}/input-preview.jpg")
    client.post(f"/api/v1/jobs/{job.id}/cancel")
    client.delete(f"/api/v1/jobs/{job.id}")
    assert told(services) == [
        ("upload", f"job:{job.id}", "done"),
        ("view", f"job:{job.id}", "done"),
        ("download", f"job:{job.id}/result.tif", "done"),
        ("download", f"job:{job.id}/result.tif", "done"),
        ("view", f"job:{job.id}/input-preview.jpg", "done"),
        ("cancel", f"job:{job.id}", "failed"),
        ("delete", f"job:{job.id}", "done"),
    ]


def test_a_line_says_who_when_from_where_and_which_request(
    client: FlaskClient, services: Services
) -> None:
    get(client, "/")  # gives the browser its cookie
    answer = send(client)
    (entry,) = lines(services)
    assert entry.user.startswith("visitor:")
    assert entry.request == answer.headers["X-Request-ID"]
    assert (entry.address, entry.status) == ("127.0.0.1", 202)
    assert entry.time.utcoffset() is not None


def test_asking_how_a_job_stands_leaves_no_line_but_a_refusal_does(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    for _ in range(3):
        client.get(f"/api/v1/jobs/{job.id}")
    client.get(f"/api/v1/jobs/{NOBODYS}")
    assert told(services)[1:] == [("list", f"job:{NOBODYS}", "refused")]


@pytest.mark.parametrize(
    ("address", "thing"),
    [
        (f"/jobs/{NOBODYS}", f"job:{NOBODYS}"),
        ("/jobs/Ann Smith, born 1950", None),
        (f"/results/{NOBODYS}/result.tif", None),
        (f"/s/{NOBODYS}", None),
    ],
)
def test_a_refusal_leaves_a_line_without_what_may_be_a_secret_or_a_name(
    client: FlaskClient, services: Services, address: str, thing: str | None
) -> None:
    assert get(client, address).status_code == 404
    (entry,) = lines(services)
    assert (entry.object, entry.outcome, entry.status) == (thing, "refused", 404)


def test_a_request_of_another_site_leaves_a_line(client: FlaskClient, services: Services) -> None:
    client.delete(f"/api/v1/jobs/{NOBODYS}", headers={"Sec-Fetch-Site": "cross-site"})
    (entry,) = lines(services)
    assert (entry.action, entry.outcome, entry.status) == ("delete", "refused", 403)


def test_each_file_of_a_form_leaves_its_line(client: FlaskClient, services: Services) -> None:
    files = [(io.BytesIO(data), name) for data, name in ((png(), "a.png"), (b"x", "b.png"))]
    data: dict[str, Any] = {"file": files}
    client.post("/jobs", data=data, headers=BROWSER)
    job = services.queue.page(whose=EVERYBODYS, state=None, limit=1, cursor=None).jobs[0]
    assert told(services) == [("upload", f"job:{job.id}", "done"), ("upload", None, "failed")]
    assert [entry.status for entry in lines(services)] == [303, 415]


def test_each_result_in_the_zip_of_a_batch_leaves_its_line(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    jobs = [queued(client, services, batch="monday") for _ in range(2)]
    queued(client, services, batch="monday")
    for _ in jobs:
        finish(services, tmp_path)
    get(client, f"/batches/{jobs[0].batch_id}/results.zip")
    assert told(services)[3:] == [("download", f"job:{job.id}/result.tif", "done") for job in jobs]


def test_names_of_files_are_not_in_the_log(
    client: FlaskClient, services: Services, web_app: Flask, tmp_path: Path
) -> None:
    job = queued(client, services, name="Ann Smith 1950.png")
    finish(services, tmp_path)
    for address in (f"/jobs/{job.id}", f"/results/{job.token}/result.tif", f"/s/{job.token}"):
        get(client, address)
    folder = services.settings.data_dir / "audit"
    text = "".join(path.read_text() for path in folder.iterdir())
    assert text.count("\n") == 4
    assert "Ann" not in text
    assert "1950" not in text
    assert job.token not in text


def test_a_log_that_takes_no_lines_is_counted_and_stops_nobody(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("app.audit.AuditLog._append", full)
    assert send(client).status_code == 202
    assert "colormapper_audit_lost_total 1.0" in client.get("/metrics").text
