"""Forms with files: every byte arrives, on the disk of the data folder, and nothing stays."""

from __future__ import annotations

import hashlib
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from app import create_app
from app.request import path_of
from app.services import Services
from app.settings import ServeSettings

BOUNDARY = "-" * 60 + "x"
SIZE = 3_000_001


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


CONTENTS = {
    "noise": noise(SIZE),
    "line breaks": b"\r\n" * (SIZE // 2),
    "boundaries begun": (f"\r\n--{BOUNDARY}"[:-1].encode() * SIZE)[:SIZE],
    "boundaries without a break": b"x" + (f"--{BOUNDARY}".encode() * SIZE)[:SIZE],
    "one byte": b"x",
    "nothing": b"",
}


@pytest.fixture
def echo(web_app: Flask, web_settings: ServeSettings) -> FlaskClient:
    """A client of an application that says what it received under `/echo`."""
    app = create_app(web_settings.model_copy(update={"max_bytes": 2 * SIZE}))

    def show() -> dict[str, str]:
        path = path_of(request.files["file"])
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return {"folder": str(path.parent.parent), "sha256": digest, "name": path.name}

    app.add_url_rule("/echo", view_func=show, methods=["POST"])
    return app.test_client()


def form(content: bytes, *, name: str = "a.png") -> dict[str, Any]:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return {"data": body, "content_type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_every_byte_of_a_file_arrives(echo: FlaskClient, content: bytes) -> None:
    answer = echo.post("/echo", **form(content))
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_file_lies_in_the_data_folder_under_a_name_of_ours(
    echo: FlaskClient, services: Services
) -> None:
    seen = echo.post("/echo", **form(noise(1000), name="../evil.png")).get_json()
    assert seen["folder"] == str(services.incoming)
    assert "evil" not in seen["name"]


def test_a_file_that_nobody_took_is_gone_with_its_request(
    echo: FlaskClient, services: Services
) -> None:
    echo.post("/echo", **form(noise(1000)))
    assert list(services.incoming.iterdir()) == []


def test_nothing_is_written_to_the_temporary_folder(
    echo: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "there is none"))
    assert echo.post("/echo", **form(noise(SIZE))).status_code == 200


def test_a_file_name_that_is_not_utf_8_is_refused_and_said_to_be_that(client: FlaskClient) -> None:
    head = 'Content-Disposition: form-data; name="file"; filename="Gewebe-größe.png"'
    body = b"--b\r\n" + head.encode("latin-1") + b"\r\n\r\nx\r\n--b--\r\n"
    answer = client.post("/api/v1/jobs", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 400
    assert "not UTF-8" in answer.get_json()["error"]["message"]
