"""Finished results into the store, where people find them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app import objects
from app.job import Job
from app.stores import Store


def publish(
    store: Store, job: Job, finished: Path, *, confirm: Callable[[], None]
) -> tuple[str, ...]:
    """Put every finished file into the store; returns their names.

    May be repeated from any point. `confirm` is called before each and raises when the job is no
    longer ours to publish.
    """
    names = tuple(sorted(path.name for path in finished.iterdir()))
    for name in names:
        confirm()
        try:
            objects.keep(store, job, name, finished / name)
        except FileExistsError:
            # An attempt that was interrupted has put a result of its own, which nobody has seen.
            confirm()
            store.delete(job.key(name))
            objects.keep(store, job, name, finished / name)
    return names
