"""Finished results into the store of this machine, from where people find them or they go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app import objects
from app.job import Job
from app.stores import Store


def publish(
    staging: Store,
    job: Job,
    finished: Path,
    *,
    confirm: Callable[[], None],
    on_progress: Callable[[], None],
) -> tuple[str, ...]:
    """Put every finished file into the store; returns their names.

    May be repeated from any point. `confirm` is called before each, `on_progress` in between; both
    raise when the job is no longer ours to publish.
    """
    names = tuple(sorted(path.name for path in finished.iterdir()))
    for name in names:
        confirm()
        try:
            objects.keep(staging, job, name, finished / name, on_progress=on_progress)
        except FileExistsError:
            # An attempt that was interrupted has put a result of its own, which nobody has seen.
            confirm()
            staging.delete(job.key(name))
            objects.keep(staging, job, name, finished / name, on_progress=on_progress)
    return names
