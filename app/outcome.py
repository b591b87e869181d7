"""How an attempt at a job ends: with one thing that the queue is told until it listens."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from functools import partial

from app.database import DatabaseUnavailable
from app.heartbeat import Heartbeat
from app.jobs import JobQueue, LeaseLost
from app.shift import Shift

log = logging.getLogger(__name__)

Outcome = Callable[[], None]
"""Tells the queue how an attempt has ended."""


def leave_alone() -> None:
    """Tell the queue nothing: somebody else has the job, or nobody wants it any more."""


def stopped(queue: JobQueue, heartbeat: Heartbeat) -> Outcome:
    """The job was cancelled if that was asked for; otherwise it is this process that ends."""
    if heartbeat.cancel_asked:
        return partial(queue.cancelled, heartbeat.claim)
    return partial(queue.give_back, heartbeat.claim)


def settle(outcome: Outcome, shift: Shift) -> None:
    """Tell the queue, and try again for as long as it does not listen."""
    while True:
        try:
            outcome()
        except LeaseLost:
            log.warning("the lease was lost; what was done is left out")
        except (DatabaseUnavailable, OSError) as error:
            log.warning("the queue cannot be told: %s", error)
            if not shift.stopping:
                time.sleep(1)
                continue
        return


def code_of(kind: str) -> str:
    """The name of an error's class as a word for programs: `corrupt_image`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
