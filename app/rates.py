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


class TooOften(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """So many requests of a kind came that no further one is taken now (429)."""

    def __init__(self, what: str, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many {what} in a short time; try again in {retry_after_s} s")


class Rates:
    """Who asked for what lately; safe across threads."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, limit: RateLimitItem, who: str, *, what: str) -> None:
        """Count one more of a kind; raises TooOften where it is one too many."""
        if not self._limiter.hit(limit, who):
            until = self._limiter.get_window_stats(limit, who).reset_time
            raise TooOften(what, max(1, math.ceil(until - time.time())))
