"""A bucket on this machine, and stores that are opened on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.settings import ServeSettings
from app.stores.gcs import GcsStore
from app.stores.gcs_client import Patience
from tests.bucket import Bucket, bucket_server

Opener = Callable[..., GcsStore]

IMPATIENT = Patience(connect_s=1, silence_s=0.5, retry_s=1)


@pytest.fixture(scope="session")
def server() -> Iterator[Bucket]:
    with bucket_server() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Empty, with no bucket yet, and known to this process by its environment."""
    for name in [name for name in os.environ if name.startswith(("GOOGLE_", "CLOUDSDK_"))]:
        monkeypatch.delenv(name)
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    yield server
    server.wipe()


@pytest.fixture
def gcs(bucket: Bucket, tmp_path: Path) -> Opener:
    """Opens a store with the settings given, which gives up soon."""

    def opened(patience: Patience = IMPATIENT, **settings: object) -> GcsStore:
        given = {"store": "gcs", "bucket": "results", "data_dir": tmp_path / "data", **settings}
        return GcsStore(ServeSettings.model_validate(given), patience=patience)

    return opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"the bytes" * 1000)
    return path
