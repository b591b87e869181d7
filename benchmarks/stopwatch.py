"""An engine that times another from outside: everything between being asked and having answered.

Turning pixels into tensors and back is counted as the network's time, so a share of the machine's
peak that is reckoned from it errs on the low side.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cyclegan.engines.engine import Batch, Engine, Patchwise, Prepared, Room, Stripwise, Watch
from cyclegan.images.image import Pixels, Reader


class Timed:
    """Passes on whatever an engine does; `seconds` and `pixels` count up over all its images.

    A moment in which several threads wait for the engine counts once.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seconds = 0.0
        self.pixels = 0
        """px of patches or strips that were asked for."""
        self._lock = threading.Lock()
        self._waiting = 0
        self._began = 0.0

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> Prepared:
        """What the engine makes of the image, timed as well."""
        with self.running():
            prepared = self._engine.prepare(reader, room, watch)
        if isinstance(prepared, Patchwise):
            return TimedPatches(prepared, self)
        return TimedStrips(prepared, self)

    @contextmanager
    def running(self, pixels: int = 0) -> Iterator[None]:
        """Count the time of the block, and the px that it is asked for."""
        with self._lock:
            self.pixels += pixels
            if self._waiting == 0:
                self._began = time.perf_counter()
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                if self._waiting == 0:
                    self.seconds += time.perf_counter() - self._began


class TimedPatches:
    """A patchwise translation, each call of it timed."""

    def __init__(self, prepared: Patchwise, timed: Timed) -> None:
        self.halo = prepared.halo
        self.multiple = prepared.multiple
        self.smallest = prepared.smallest
        self.tile = prepared.tile
        self.batch = prepared.batch
        self.lanes = prepared.lanes
        self.blend = prepared.blend
        self.done = prepared.done
        self._prepared = prepared
        self._timed = timed

    def __call__(self, batch: Batch) -> Batch:
        """The answer of the one that is timed."""
        with self._timed.running(batch.shape[0] * batch.shape[1] * batch.shape[2]):
            return self._prepared(batch)

    def provenance(self) -> Mapping[str, object]:
        """The record of the one that is timed."""
        return self._prepared.provenance()

    def close(self) -> None:
        """Close the one that is timed."""
        self._prepared.close()


class TimedStrips:
    """A stripwise translation, the making of each strip timed."""

    def __init__(self, prepared: Stripwise, timed: Timed) -> None:
        self.done = prepared.done
        self._prepared = prepared
        self._timed = timed

    def strips(self, top: int = 0) -> Iterator[Pixels]:
        """The strips of the one that is timed."""
        strips = iter(self._prepared.strips(top))
        while True:
            with self._timed.running():
                rows = next(strips, None)
            if rows is None:
                return
            self._timed.pixels += rows.shape[0] * rows.shape[1]
            yield rows

    def provenance(self) -> Mapping[str, object]:
        """The record of the one that is timed."""
        return self._prepared.provenance()

    def close(self) -> None:
        """Close the one that is timed."""
        self._prepared.close()
