"""Compressing several pieces at a time, with few of them waiting."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

MOST = 16
"""Threads; more would wait for the one that writes."""
PIECES = 4
"""For each thread, that are compressed or wait to be written."""

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def threads() -> ThreadPoolExecutor:
    """As many threads as there are cores for this process, within reason."""
    return ThreadPoolExecutor(count())


def count() -> int:
    """How many threads that is."""
    return min(MOST, len(os.sched_getaffinity(0)))


def mapped(
    pool: ThreadPoolExecutor, work: Callable[[Piece], Result], pieces: Iterable[Piece]
) -> Iterator[Result]:
    """What `work` makes of each piece, in their order; pieces are taken a few ahead."""
    waiting: deque[Future[Result]] = deque()
    most = PIECES * count()
    for piece in pieces:
        waiting.append(pool.submit(work, piece))
        if len(waiting) == most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
