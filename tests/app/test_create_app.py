"""The application as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.settings import ServeSettings
from tests.app.web import MAX_BYTES, send

ROOT = Path(__file__).resolve().parent.parent.parent

LIGHT = """
import sys, tempfile
from pathlib import Path
from app import create_app
from app.migrations import migrate
from app.settings import ServeSettings
settings = ServeSettings(data_dir=Path(tempfile.mkdtemp(dir=sys.argv[1])))
migrate(settings.database)
client = create_app(settings).test_client()
assert client.get("/api/v1/models").status_code == 200
print(sorted({"torch", "torchvision", "skimage", "scipy"} & set(sys.modules)))
"""


def python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_web_process_loads_no_torch(tmp_path: Path) -> None:
    assert python(LIGHT, str(tmp_path)) == "[]"


def test_importing_the_package_loads_no_flask() -> None:
    assert python("import sys, app; print('flask' in sys.modules)") == "False"


def test_two_applications_of_one_process_share_nothing(
    client: FlaskClient, tmp_path: Path, web_app: Flask
) -> None:
    from app.migrations import migrate

    settings = ServeSettings(data_dir=tmp_path / "other")
    settings.data_dir.mkdir()
    migrate(settings.database)
    other = create_app(settings).test_client()
    assert send(client).status_code == 202
    assert other.get("/api/v1/jobs").get_json()["jobs"] == []
    assert 'colormapper_jobs{state="queued"} 0.0' in other.get("/metrics").text
    assert web_app.secret_key != other.application.secret_key


def test_cookies_outlive_a_restart(web_app: Flask, web_settings: ServeSettings) -> None:
    assert create_app(web_settings).secret_key == web_app.secret_key


def test_every_answer_has_a_request_id_of_its_own(client: FlaskClient) -> None:
    ids = {client.get(path).headers["X-Request-ID"] for path in ("/", "/nowhere", "/healthz")}
    assert len(ids) == 3


def test_a_client_cannot_choose_the_request_id(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": "forged\tline"})
    assert "forged" not in answer.headers["X-Request-ID"]


def test_a_change_is_one_line_in_the_log_even_with_a_newline_in_its_address(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="app.requests"):
        client.delete("/api/v1/jobs/a%0AFORGED%20LINE")
    [record] = [record for record in caplog.records if record.name == "app.requests"]
    assert "\n" not in record.getMessage()
    assert " 404 " in record.getMessage()


def test_the_limit_of_bytes_holds_for_every_route(client: FlaskClient) -> None:
    for path in ("/api/v1/jobs", "/jobs", "/nowhere", "/api/v1/jobs/x/cancel"):
        assert client.post(path, data=bytes(MAX_BYTES + 100_000)).status_code == 413
