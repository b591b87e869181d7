"""How often something may be asked for, counted in the memory of the one web process."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from cyclegan.errors import ColorMapperError

LOGINS_OF_A_NAME = RateLimitItemPerMinute(10, multiples=5, namespace="name")
LOGINS_FROM_AN_ADDRESS = RateLimitItemPerMinute(60, multiples=5, namespace="address")
"""A lab has one address for many people."""
TRIALS = RateLimitItemPerMinute(30, namespace="trials")
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

    def __init__(self, *, uploads_per_minute: int | None) -> None:
        """Without a number, as many uploads may be begun as anybody likes."""
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._uploads_per_minute = uploads_per_minute

    def log_in(self, limit: RateLimitItem, who: str) -> None:
        """Count one more attempt to log in; raises TooOften where it is one too many."""
        wait_s = self._take(limit, who)
        if wait_s:
            raise TooOften("attempts to log in", wait_s)

    def begin_upload(self, user: str) -> None:
        """Count one more file that somebody begins to send; raises TooFast, counting nothing."""
        if self._uploads_per_minute is None:
            return
        limit = RateLimitItemPerMinute(self._uploads_per_minute, namespace="uploads")
        wait_s = self._take(limit, user)
        if wait_s:
            raise TooFast(self._uploads_per_minute, wait_s)

    def draw_region(self, user: str) -> None:
        """Count one more region that somebody has translated; raises TooOften."""
        wait_s = self._take(TRIALS, user)
        if wait_s:
            raise TooOften("regions", wait_s)

    def _take(self, limit: RateLimitItem, who: str) -> int:
        """Count one more of a kind: 0, or after how many seconds there is room for it."""
        if self._limiter.hit(limit, who):
            return 0
        until = self._limiter.get_window_stats(limit, who).reset_time
        return max(1, math.ceil(until - time.time()))
