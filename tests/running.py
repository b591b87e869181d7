"""The service as its user has it: its own processes, a port, a data folder, talked to by HTTP."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
import requests
from numpy.typing import NDArray
from PIL import Image

from app.accounts import Accounts
from app.database import open_database
from app.settings import ROOT
from app.tokens import Tokens

T = TypeVar("T")

PATIENCE_S = 120.0
ENDED = {"done", "failed", "cancelled"}


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def png(pixels: NDArray[np.uint8]) -> bytes:
    """(height, width, 3) uint8 RGB as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def noise(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """(height, width, 3) uint8, every value equally likely."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def _command(process: psutil.Process) -> str:
    return " ".join(process.cmdline())


def eventually(ask: Callable[[], T | None]) -> T:
    """The first true answer; fails when none comes for long."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def token_on(data: Path) -> str:
    """An API token of an account that sends images, on the database of a data folder."""
    engine = open_database(f"sqlite:///{data / 'colormapper.db'}")
    account = Accounts(engine).invite("tests", "uploader").account
    token = Tokens(engine).make(account, name="tests", days=1)
    engine.dispose()
    return token


class Running:
    """A service, started; to be stopped or killed."""

    def __init__(
        self,
        data: Path,
        mode: str = "local",
        *,
        environ: Mapping[str, str] | None = None,
        **settings: object,
    ) -> None:
        self.data = data
        self.mode = mode
        given = {"data_dir": data, "port": free_port(), **settings}
        self.url = f"http://127.0.0.1:{given['port']}"
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("COLORMAPPER_")}
        self.environ |= {f"COLORMAPPER_{k.upper()}": str(v) for k, v in given.items()}
        self.environ |= environ or {}
        self.headers: dict[str, str] = {}
        self.start()
        if mode == "server":
            self.headers = {"Authorization": f"Bearer {token_on(data)}"}

    def start(self, *, wait_for: str = "/readyz") -> None:
        """Start it and wait until it is ready for work, or says ok at another address."""
        self.supervisor = self.launch()
        eventually(lambda: self.is_ready(wait_for))

    def launch(self) -> subprocess.Popen[bytes]:
        """Its command, in its environment; what it says is in its log."""
        with (self.data.parent / "service.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "app.serve", self.mode],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def is_ready(self, address: str = "/readyz") -> bool:
        """Whether web process, database, store and worker are there."""
        assert self.supervisor.poll() is None, self.log()
        try:
            return requests.get(self.url + address, timeout=10).status_code == 200
        except requests.RequestException:
            return False

    def log(self) -> str:
        """What its processes have said."""
        return (self.data.parent / "service.log").read_text()

    def processes(self) -> list[psutil.Process]:
        """All that are left of it, the supervisor's descendants or not."""
        return [p for p in psutil.process_iter() if self._is_ours(p)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return (
                process.environ().get("COLORMAPPER_DATA_DIR") == str(self.data)
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False

    def child(self, module: str) -> psutil.Process | None:
        """The supervisor's child that runs a module of ours, if it runs now."""
        for process in self.processes():
            try:
                if process.ppid() == self.supervisor.pid and f" {module}" in _command(process):
                    return process
            except psutil.Error:
                continue
        return None

    def kill(self) -> None:
        """Kill -9 everything, as a power cut would end it."""
        for process in self.processes():
            process.kill()
        self.supervisor.wait(PATIENCE_S)
        eventually(lambda: not self.processes())

    def stop(self) -> int:
        """SIGTERM to the group of processes; the exit code."""
        os.killpg(self.supervisor.pid, signal.SIGTERM)
        return self.supervisor.wait(PATIENCE_S)

    def submit(
        self,
        image: bytes,
        *,
        name: str = "image.png",
        model: str = "identity",
        batch: str | None = None,
    ) -> str:
        """Send an image; the job's id."""
        answer = requests.post(
            f"{self.url}/api/v1/jobs",
            files={"file": (name, image)},
            data={"model": model, "batch": batch},
            headers=self.headers,
            timeout=PATIENCE_S,
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """The job's document."""
        address = f"{self.url}/api/v1/jobs/{job_id}"
        answer = requests.get(address, headers=self.headers, timeout=PATIENCE_S)
        document: dict[str, Any] = answer.json()
        return document

    def finish(self, job_id: str) -> dict[str, Any]:
        """The job's document when it has ended."""

        def ended() -> dict[str, Any] | None:
            document = self.job(job_id)
            return document if document["state"] in ENDED else None

        return eventually(ended)

    def fetch(self, link: str) -> bytes:
        """What is behind a link."""
        address = link if "://" in link else self.url + link
        headers = self.headers if address.startswith(self.url) else {}
        answer = requests.get(address, headers=headers, timeout=PATIENCE_S)
        answer.raise_for_status()
        return answer.content
