"""Workers as processes of their own, started and waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from app.settings import ServeSettings

ROOT = Path(__file__).resolve().parents[3]
LONG_S = 120
"""Far beyond what anything here takes; only a mistake takes longer."""
PASSED_ON = ("data_dir", "workers", "tile", "halo", "lease_s", "heartbeat_s", "attempts")

Process = subprocess.Popen[bytes]


@contextmanager
def started(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[Process]:
    """A module of ours as a process, killed at the end."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    environ = {**kept, "OMP_NUM_THREADS": "1", **environ}
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environ)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def real(
    settings: ServeSettings, environ: Mapping[str, str] | None = None, **more: object
) -> AbstractContextManager[Process]:
    """The worker as it is in use, with further settings."""
    given = {**{name: getattr(settings, name) for name in PASSED_ON}, **more}
    ours = {f"COLORMAPPER_{name.upper()}": str(value) for name, value in given.items()}
    return started(["app.worker", "local"], {**ours, **(environ or {})})


def twin(
    settings: ServeSettings, behaviour: str, *, patience_s: float = 600
) -> AbstractContextManager[Process]:
    """A worker whose engine behaves in some way."""
    name = "tests.app.service.twin_worker"
    return started([name, behaviour, str(patience_s), settings.model_dump_json()], {})


def wait_until(claim: Callable[[], bool]) -> None:
    """Return when it has come to pass."""
    end = time.monotonic() + LONG_S
    while not claim():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.02)
