"""How much memory something takes, as the system counts it."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.memory import peak, reset_peak


def resident_peak(work: Callable[[], None]) -> int:
    """By how many bytes this process grew at most meanwhile."""
    before = reset_peak()
    work()
    return peak() - before
