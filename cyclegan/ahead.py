"""Work that is done ahead of whoever needs it: in order, bounded, and ended together with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def ahead(
    pool: Executor, work: Callable[[Piece], Result], pieces: Iterable[Piece], *, most: int
) -> Generator[Result, None, None]:
    """What `work` makes of each piece, in their order.

    While one result is used, `most - 1` others are made or wait. What `work` raises comes out in
    the place of its result. The pool, which is this iterator's from then on, ends with it: a piece
    that is under way is waited for, one that waits is dropped.
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
        pool.shutdown(cancel_futures=True)
