"""How often something may be asked for, counted in the memory of the one web process.

What lies longer ago than counts is forgotten together with who it was: else a process would grow
with each address that ever tried to log in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from cachetools import TTLCache

from cyclegan.errors import ColorMapperError


@dataclass(frozen=True)
class Limit:
    """So many times within so many seconds, whenever these begin."""

    kind: str
    """Of what; each kind is counted by itself."""
    most: int
    within_s: int


LOGINS_OF_A_NAME = Limit("name", 10, 300)
LOGINS_FROM_AN_ADDRESS = Limit("address", 60, 300)
"""A lab has one address for many people."""
TRIALS = Limit("trials", 30, 60)
"""Somebody who draws a region looks at it before the next."""


class TooOften(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """So many requests of a kind came that no further one is taken now (429)."""

    def __init__(self, what: str, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many {what} in a short time; try again in {retry_after_s} s")


class TooFast(ColorMapperError):  # noqa: N818
    """So many files were begun within a minute that no further one is taken (429)."""

    def __init__(self, limit: int, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            f"you began to send {limit} files within a minute, which is the limit; "
            f"go on in {retry_after_s} s"
        )


class Rates:
    """Who asked for what lately; safe across threads."""

    def __init__(
        self, *, uploads_per_minute: int | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Without a number, as many uploads may be begun as anybody likes."""
        self._clock = clock
        self._lock = Lock()
        self._taken: dict[Limit, TTLCache[str, list[float]]] = {}
        self._uploads = uploads_per_minute and Limit("uploads", uploads_per_minute, 60)

    def log_in(self, limit: Limit, who: str) -> None:
        """Count one more attempt to log in; raises TooOften where it is one too many."""
        wait_s = self._take(limit, who)
        if wait_s:
            raise TooOften("attempts to log in", wait_s)

    def begin_upload(self, user: str) -> None:
        """Count one more file that somebody begins to send; raises TooFast, counting nothing."""
        if not self._uploads:
            return
        wait_s = self._take(self._uploads, user)
        if wait_s:
            raise TooFast(self._uploads.most, wait_s)

    def draw_region(self, user: str) -> None:
        """Count one more region that somebody has translated; raises TooOften."""
        wait_s = self._take(TRIALS, user)
        if wait_s:
            raise TooOften("regions", wait_s)

    def known(self, limit: Limit) -> int:
        """Of how many people, or addresses, something is kept."""
        with self._lock:
            return len(self._of(limit))

    def _take(self, limit: Limit, who: str) -> int:
        """Count one more of a kind: 0, or after how many seconds there is room for it."""
        with self._lock:
            of_all, now = self._of(limit), self._clock()
            times = [time for time in of_all.get(who, []) if time > now - limit.within_s]
            if len(times) >= limit.most:
                return max(1, math.ceil(times[0] + limit.within_s - now))
            of_all[who] = [*times, now]  # kept for as long as this latest time counts
            return 0

    def _of(self, limit: Limit) -> TTLCache[str, list[float]]:
        """The times that count, by whom, the oldest first."""
        if limit not in self._taken:
            self._taken[limit] = TTLCache(math.inf, ttl=limit.within_s, timer=self._clock)
        return self._taken[limit]
