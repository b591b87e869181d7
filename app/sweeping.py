"""What processes that died have left behind, and its removal."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app import disk
from app.job import ENDED
from app.jobs import JobNotFound
from app.services import Services

EVERY_S = 60.0
"""How often folders are looked through."""
ORPHANS_EVERY_S = 900.0
"""How often the store is; an object without a job for so long belongs to no upload under way."""
LEFTOVER_S = 600.0
"""A file in `incoming` that has not grown for so long is not being received."""


@dataclass
class Sweeper:
    """Looks through folders and store every now and then."""

    services: Services
    _next: float = 0.0
    _next_orphans: float = 0.0
    _suspects: frozenset[str] = field(default_factory=frozenset)

    def sweep_if_due(self) -> None:
        """Remove what nobody will ask for again, if it is time to."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY_S
            sweep_work(self.services)
            sweep_incoming(self.services.incoming)
        if now >= self._next_orphans:
            self._next_orphans = now + ORPHANS_EVERY_S
            self._suspects = sweep_orphans(self.services, self._suspects)


def sweep_work(services: Services) -> None:
    """Remove the folders of jobs that have ended or are gone."""
    for folder in services.work.iterdir():
        if not _is_open(services, folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def sweep_incoming(incoming: Path) -> None:
    """Remove uploads that nobody is receiving any more."""
    disk.sweep(incoming)
    for path in incoming.glob("*"):
        # Whoever receives it may move it away at any moment.
        with suppress(FileNotFoundError):
            if path.is_file() and time.time() - path.stat().st_mtime > LEFTOVER_S:
                path.unlink()


def sweep_orphans(services: Services, suspects: frozenset[str]) -> frozenset[str]:
    """Remove those of the suspected objects that still have no job; returns the new suspects.

    An upload puts its objects before its job is queued, so an object may lack a job for a while.
    """
    keys = list(services.store.keys())
    known = services.queue.tokens()
    orphans = frozenset(key for key in keys if key.split("/")[1] not in known)
    for key in orphans & suspects:
        services.store.delete(key)
    return orphans - suspects


def _is_open(services: Services, job_id: str) -> bool:
    try:
        return services.queue.get(job_id).state not in ENDED
    except JobNotFound:
        return False
