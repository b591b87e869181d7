"""Work that is done ahead of whoever needs it: in order, bounded, and ended together with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future, wait
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def in_order(
    pool: Executor, work: Callable[[Piece], Result], pieces: Iterable[Piece], *, most: int
) -> Generator[Result, None, None]:
    """What `work` makes of each piece, in their order.

    While one result is used, `most - 1` others are made or wait. What `work` raises comes out in
    the place of its result. When it ends, however it does, nothing of it is under way in the pool:
    a piece that waits is dropped, another is waited for.
    """
    waiting: deque[Future[Result]] = deque()
    try:
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) == most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        wait(waiting)


def ahead(
    pool: Executor, work: Callable[[Piece], Result], pieces: Iterable[Piece], *, most: int
) -> Generator[Result, None, None]:
    """The same, in a pool that is this iterator's from then on and ends with it."""
    try:
        yield from in_order(pool, work, pieces, most=most)
    finally:
        pool.shutdown(cancel_futures=True)
