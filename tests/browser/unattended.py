"""The service without a worker: the test itself says how far each job has come."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from PIL import Image

from app import submissions
from app.job import Claim, Job
from app.migrations import migrate
from app.scope import EVERYBODYS
from app.services import Services, open_services
from app.settings import ROOT, ServeSettings
from tests.app.web import finish, hand_over, put_off
from tests.running import eventually, free_port, noise, png

GUNICORN = (
    *("-m", "gunicorn", "app.wsgi:application", "--worker-class", "gthread", "--threads", "64"),
    *("-c", "python:app.gunicorn_hooks", "--no-control-socket", "--log-level", "warning"),
)


@dataclass(frozen=True)
class Unattended:
    """Where a web process listens, and the services that it stands on."""

    url: str
    services: Services
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def send(self, name: str, *, batch: str | None = None) -> Job:
        """Queue an image."""
        file = io.BytesIO(png(noise(61, 67, seed=len(name))))
        return submissions.submit(
            self.services, file=file, filename=name, user="somebody", batch=batch
        )

    def begin(self) -> Claim:
        """Take the next job, as a worker does."""
        claim = self.services.queue.claim("a worker")
        assert claim is not None
        return claim

    def finish_next(self, folder: Path) -> None:
        """Take the next job and publish a result."""
        finish(self.services, folder, result=_picture())

    def hand_over_next(self, folder: Path) -> None:
        """Take the next job as far as a worker does whose results go to a bucket."""
        hand_over(self.services, folder, result=_picture())

    def put_off(self, message: str) -> None:
        """Try in vain to publish the job that is handed over; it is due again at once."""
        put_off(self.services, message, delay_s=0)

    def clear(self) -> None:
        """Remove all jobs."""
        while jobs := self.services.queue.page(
            whose=EVERYBODYS, state=None, limit=99, cursor=None
        ).jobs:
            for job in jobs:
                submissions.remove(self.services, job.id)


@contextmanager
def unattended(folder: Path, *, port: int | None = None, **chosen: object) -> Iterator[Unattended]:
    """A web process on a folder, and a free port if none is named, for the length of the block.

    It serves this machine only, unless settings are `chosen`.
    """
    settings = ServeSettings(data_dir=folder).model_copy(update=chosen)
    migrate(settings.database)
    port = port or free_port()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COLORMAPPER_")}
    process = subprocess.Popen(
        [sys.executable, *GUNICORN, "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env={**kept, **_environ(settings, *chosen), "COLORMAPPER_DATA_DIR": str(folder)},
    )
    try:
        eventually(lambda: process.poll() is not None or _answers(port))
        yield Unattended(f"http://127.0.0.1:{port}", open_services(settings), process)
    finally:
        process.terminate()
        process.wait()


def _environ(settings: ServeSettings, *names: str) -> dict[str, str]:
    given = {f"COLORMAPPER_{name.upper()}": str(getattr(settings, name)) for name in names}
    given["_COLORMAPPER_MODE"] = given.pop("COLORMAPPER_MODE", settings.mode)
    return given


def _picture() -> bytes:
    result = io.BytesIO()
    Image.new("RGB", (67, 61), (220, 120, 170)).save(result, "JPEG")
    return result.getvalue()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=10).ok
    except requests.RequestException:  # a busy machine may not answer in time, either
        return False
