"""Several runtimes as one: patches go to whichever is free."""

from __future__ import annotations

from collections.abc import Sequence
from queue import Empty, SimpleQueue

from cyclegan.engines.engine import Batch
from cyclegan.engines.runtime import Runtime


class Lanes:
    """Runtimes on so many `devices`, each of which makes the same of a patch, one at a time."""

    def __init__(self, runtimes: Sequence[Runtime], *, devices: int = 1) -> None:
        first = runtimes[0]
        self.name = first.name
        self.precision = first.precision
        self.multiple = first.multiple
        self.smallest = first.smallest
        self.lanes = len(runtimes)
        self.devices = devices
        self._idle: SimpleQueue[Runtime] = SimpleQueue()
        for runtime in runtimes:
            self._idle.put(runtime)

    def __call__(self, batch: Batch) -> Batch:
        """What the runtime that has been idle for longest makes of it; waits until there is one."""
        runtime = self._idle.get()
        try:
            return runtime(batch)
        finally:
            self._idle.put(runtime)

    def close(self) -> None:
        """Close those that are idle."""
        for runtime in self._all_idle():
            try:
                runtime.close()
            finally:
                self._idle.put(runtime)

    def _all_idle(self) -> list[Runtime]:
        found: list[Runtime] = []
        try:
            while True:
                found.append(self._idle.get_nowait())
        except Empty:
            return found
