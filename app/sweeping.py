"""What processes that died have left behind, and its removal."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app import disk, objects
from app.jobs import JobNotFound
from app.services import Services
from app.workplace import is_over

EVERY_S = 60.0
"""How often folders are looked through."""
STAGING_EVERY_S = 900.0
"""How often this machine's store is; an object that lacks a job for so long is nobody's upload."""
LEFTOVER_S = 600.0
"""A file in `incoming` that has not grown for so long is not being received."""


@dataclass
class Sweeper:
    """Looks through this machine's folders every now and then, and never through a bucket.

    Who has lost the table of jobs must not lose what people have been sent links to as well.
    """

    services: Services
    _next: float = 0.0
    _next_staging: float = 0.0
    _suspects: frozenset[str] = field(default_factory=frozenset)

    def sweep_if_due(self) -> None:
        """Remove what nobody will ask for again, if it is time to."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY_S
            sweep_work(self.services)
            sweep_incoming(self.services.incoming)
            disk.sweep(self.services.outgoing)
            self.services.transfers.sweep()
            sweep_trials(self.services)
        if now >= self._next_staging:
            self._next_staging = now + STAGING_EVERY_S
            self._suspects = sweep_orphans(self.services, self._suspects)
            sweep_published(self.services)


def sweep_work(services: Services) -> None:
    """Remove the folders of jobs that no worker will ask for: ended, handed over or gone."""
    for folder in services.work.iterdir():
        try:
            is_left = is_over(services.queue.get(folder.name))
        except JobNotFound:
            is_left = True
        if is_left:
            shutil.rmtree(folder, ignore_errors=True)


def sweep_incoming(incoming: Path) -> None:
    """Remove uploads that nobody is receiving any more."""
    disk.sweep(incoming)
    for path in incoming.glob("*"):
        # Whoever receives it may move it away at any moment.
        with suppress(FileNotFoundError):
            if path.is_file() and time.time() - path.stat().st_mtime > LEFTOVER_S:
                path.unlink()


def sweep_trials(services: Services) -> None:
    """Forget old trials, and remove what came of those that are forgotten, and dead benches."""
    disk.sweep(services.bench)
    services.trials.sweep()
    made = list(services.tried.glob("*/*"))  # before it is asked which there are
    known = services.trials.ids()
    for folder in made:
        if folder.stem not in known:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in services.tried.iterdir():
        try:
            services.queue.get(folder.name)
        except JobNotFound:
            shutil.rmtree(folder, ignore_errors=True)


def sweep_orphans(services: Services, suspects: frozenset[str]) -> frozenset[str]:
    """Remove those of the suspected objects that still have no job; returns the new suspects.

    An upload puts its objects before its job is queued, so an object may lack a job for a while.
    """
    keys = list(services.staging.keys())
    known = services.queue.tokens()
    orphans = frozenset(key for key in keys if key.split("/")[1] not in known)
    for key in orphans & suspects:
        services.staging.delete(key)
    return orphans - suspects


def sweep_published(services: Services) -> None:
    """Remove what is staged of jobs that are published: a publisher died before it could."""
    if not services.publishes:
        return
    split = [key.split("/") for key in list(services.staging.keys())]
    for token in {token for _, token, name in split if name not in objects.PREVIEWS}:
        with suppress(JobNotFound):
            job = services.queue.by_token(token)
            if job.state == "done":
                objects.remove(services.staging, job, keeping=objects.PREVIEWS)
