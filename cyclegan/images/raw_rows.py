"""Rows of pixels in a nameless scratch file, which the system removes whatever happens."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from cyclegan.images.image import Pixels
from cyclegan.images.reserve import reserve


class RawRows:
    """An image of known size that is appended from the top and read again by bands.

    Its disk space is set aside at once. Raises OSError (ENOSPC) when the disk is full.
    """

    def __init__(self, folder: Path, *, height: int, width: int) -> None:
        self.height = height
        self.width = width
        self._end = 0
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        with ExitStack() as undo:
            undo.callback(self.close)
            reserve(self._file.fileno(), height * width * 3)
            undo.pop_all()

    def append(self, rows: Pixels) -> None:
        """Add rows, (n, width, 3) uint8, below the last ones."""
        rest = memoryview(np.ascontiguousarray(rows).data).cast("B")
        while rest:
            written = os.pwrite(self._file.fileno(), rest, self._end)
            self._end += written
            rest = rest[written:]

    def rows(self, top: int, count: int) -> Pixels:
        """At most `count` rows from `top` on, (n, width, 3) uint8, a copy; fewer at the bottom."""
        found = np.empty((min(count, self.height - top), self.width, 3), np.uint8)
        rest = memoryview(found.data).cast("B")
        position = top * self.width * 3
        while rest:
            read = os.preadv(self._file.fileno(), [rest], position)
            position += read
            rest = rest[read:]
        return found

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()
