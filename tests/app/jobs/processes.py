"""What the worker processes of the tests do."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from app.database import open_database
from app.jobs import LeaseLost
from tests.app.jobs.examples import queue_of
from tests.app.jobs.verbs import VERBS


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
        queue.progress(claim, 0.5)
        queue.publishing(claim, {"by": owner})
        queue.finish(claim, ("result.tif",))
        pipe.send(claim.job.id)


def publish(url: str, owner: str, pipe: Connection) -> None:
    """Publish until nothing is due; send the id of each job when it is done."""
    engine = open_database(url)
    queue = queue_of(engine)
    while claim := queue.claim_publication(owner):
        queue.heartbeat(claim)
        queue.finish(claim, claim.job.objects)
        pipe.send(claim.job.id)
    engine.dispose()


def publish_and_fail(url: str, owner: str, pipe: Connection) -> None:
    """As `publish`, where every other try fails."""
    queue = queue_of(open_database(url))
    while claim := queue.claim_publication(owner):
        if claim.job.publish_tries == 0:
            queue.put_off(claim, "store_unavailable", "the bucket does not answer", 0)
        else:
            queue.finish(claim, claim.job.objects)
            pipe.send(claim.job.id)


def take_and_stop(url: str, owner: str, pipe: Connection) -> None:
    """Take a publication, send its id and stop; when continued, send what became of late writes."""
    queue = queue_of(open_database(url))
    claim = queue.claim_publication(owner)
    if claim:
        pipe.send(claim.job.id)
        os.kill(os.getpid(), signal.SIGSTOP)
        pipe.send([is_lost(partial(verb, queue, claim)) for verb in VERBS.values()])


def is_lost(write: Callable[[], object]) -> bool:
    try:
        write()
    except LeaseLost:
        return True
    return False


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
