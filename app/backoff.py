"""How long to leave something alone that has failed: longer each time, and never quite as long."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

FIRST_S = 1.0
LONGEST_S = 20.0


def pause_after(failures: int, *, longest_s: float = LONGEST_S) -> float:
    """Seconds to wait after so many failures in a row: 1, 2, 4 and so on, not above the longest."""
    return min(longest_s, FIRST_S * 2.0 ** min(failures - 1, 32))


def jitter() -> float:
    """A factor from a half to one, so that not all who failed together come back together."""
    return secrets.SystemRandom().uniform(0.5, 1)


@dataclass
class Backoff:
    """The pauses of one thing that may fail."""

    longest_s: float = LONGEST_S
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = jitter
    _failures: int = 0
    _resumes: float = -math.inf

    @property
    def is_pausing(self) -> bool:
        """Whether it is too early to try again."""
        return self.clock() < self._resumes

    def fail(self) -> float:
        """It failed: pause, longer than the last time; returns the seconds."""
        self._failures += 1
        pause_s = pause_after(self._failures, longest_s=self.longest_s) * self.jitter()
        self._resumes = self.clock() + pause_s
        return pause_s

    def succeed(self) -> None:
        """It went well: the next pause is a short one again."""
        self._failures = 0
        self._resumes = -math.inf
