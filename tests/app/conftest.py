"""An application on a fresh data folder, a client of it, and the same behind real sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.services import Services
from app.settings import Mode, ServeSettings
from tests.app.databases import make_database
from tests.app.web import MAX_BYTES, MAX_PIXELS, Server
from tests.bucket import Bucket, bucket_server

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def web_settings(tmp_path: Path) -> ServeSettings:
    return ServeSettings(
        data_dir=tmp_path / "data",
        trusted_hosts=("localhost", "127.0.0.1"),
        max_bytes=MAX_BYTES,
        max_pixels=MAX_PIXELS,
        web_threads=16,
    )


@pytest.fixture
def web_app(web_settings: ServeSettings) -> Flask:
    web_settings.data_dir.mkdir()
    make_database(web_settings.database)
    return create_app(web_settings)


@pytest.fixture
def services(web_app: Flask) -> Services:
    found: Services = web_app.extensions["services"]
    return found


@pytest.fixture
def client(web_app: Flask) -> FlaskClient:
    return web_app.test_client()


@pytest.fixture(scope="session")
def bucket_process() -> Iterator[Bucket]:
    """A server of buckets."""
    with bucket_server() as bucket:
        yield bucket


@pytest.fixture
def bucket(bucket_process: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket `results` that everybody may read, and that this process uses."""
    bucket_process.wipe()
    bucket_process.create("results", public=True)
    for name, value in bucket_process.environ.items():
        monkeypatch.setenv(name, value)
    return bucket_process


@pytest.fixture
def cloud(web_settings: ServeSettings, bucket: Bucket) -> Callable[..., Flask]:
    """Makes an application whose results go to the bucket; takes settings."""

    def build(**settings: object) -> Flask:
        chosen = {"store": "gcs", "bucket": "results", "links": "public", **settings}
        web_settings.data_dir.mkdir()
        make_database(web_settings.database)
        return create_app(web_settings.model_copy(update=chosen))

    return build


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A web process as it is in use: gunicorn, with nobody translating."""
    folder = tmp_path_factory.mktemp("served")
    make_database(ServeSettings(data_dir=folder).database)
    with serving(folder) as served:
        yield served


@contextmanager
def serving(folder: Path, *, mode: Mode = "local", **settings: str) -> Iterator[Server]:
    """A web process on a data folder for the length of the block, or until it is killed."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "app.wsgi:application"),
                *("-k", "gthread", "--threads", "16", "--no-control-socket"),
                *("-c", "python:app.gunicorn_hooks"),
                *("--log-level", "warning", "--bind", f"fd://{door.fileno()}"),
            ],
            cwd=ROOT,
            env=_environment(folder, mode, settings),
            pass_fds=[door.fileno()],
        )
    served = Server(port=port, folder=folder, pid=process.pid)
    try:
        _wait_for(served, process)
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _environment(folder: Path, mode: Mode, settings: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "_COLORMAPPER_MODE": mode,
        "COLORMAPPER_DATA_DIR": str(folder),
        "COLORMAPPER_MAX_BYTES": str(MAX_BYTES),
        "COLORMAPPER_MAX_PIXELS": str(MAX_PIXELS),
        "COLORMAPPER_WEB_THREADS": "16",
        "COLORMAPPER_SECRET_KEY": "k" * 32,
        **{f"COLORMAPPER_{name.upper()}": value for name, value in settings.items()},
    }


def _wait_for(served: Server, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with suppress(requests.RequestException):  # busy, perhaps, or not there yet
            if requests.get(f"{served.url}/healthz", timeout=10).ok:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the server ended with {process.returncode}")
