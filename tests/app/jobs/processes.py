"""What the worker processes of the tests do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from app.database import open_database
from tests.app.jobs.examples import queue_of


def claim_all(url: str, owner: str, pipe: Connection) -> None:
    """Claim until nothing waits; send the ids of the jobs."""
    engine = open_database(url)
    queue = queue_of(engine)
    ids = []
    while claim := queue.claim(owner):
        ids.append(claim.job.id)
    pipe.send(ids)
    engine.dispose()


def work(url: str, owner: str, pipe: Connection) -> None:
    """Do jobs; send the id of each when it is done."""
    queue = queue_of(open_database(url), attempts=10_000)
    while claim := queue.claim(owner):
        queue.progress(claim, 1, 2)
        queue.publishing(claim, {"by": owner})
        queue.finish(claim, ("result.tif",))
        pipe.send(claim.job.id)


@contextmanager
def started(target: object, url: str, owner: str) -> Iterator[tuple[BaseProcess, Connection]]:
    """A process and the end of its pipe; killed when left."""
    # Forked, as a fresh interpreter takes longer to start than all that these do.
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(url, owner, theirs))  # type: ignore[arg-type]
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
