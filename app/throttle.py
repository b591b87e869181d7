"""How often somebody may begin something: so many times in any minute."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from cyclegan.errors import ColorMapperError

WINDOW_S = 60.0


class TooFast(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """So much was begun within a minute that no more is taken (429)."""

    def __init__(self, limit: int, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            f"you began to send {limit} files within a minute, which is the limit; "
            f"go on in {retry_after_s} s"
        )


class Throttle:
    """Counts what each person begins in this process; None is no limit. Safe across threads."""

    def __init__(self, limit: int | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._begun: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def begin(self, user: str) -> None:
        """Count one more; raises TooFast, which counts for nothing."""
        if self._limit is None:
            return
        with self._lock:
            at = self._clock()
            self._forget(at)
            mine = self._begun.setdefault(user, deque())
            if len(mine) >= self._limit:
                raise TooFast(self._limit, max(1, math.ceil(mine[0] + WINDOW_S - at)))
            mine.append(at)

    def _forget(self, at: float) -> None:
        for user, moments in list(self._begun.items()):
            while moments and moments[0] <= at - WINDOW_S:
                moments.popleft()
            if not moments:
                del self._begun[user]
