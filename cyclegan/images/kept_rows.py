"""Finished rows of an image in a file, so that what was killed while it wrote can go on below them.

`rows.rgb` holds the pixels; `rows.json`, replaced as a whole from time to time, how many of its
rows are finished and of which image. Nothing is forced to disk, which would take longer than it
saves: what a process has written outlives the process, but not always the machine, so whoever keeps
the folder must drop it when the machine has started anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from cyclegan.images.image import ImageInfo, Pixels, Writer
from cyclegan.images.placement import Placement
from cyclegan.images.positioned import read_at, write_piece
from cyclegan.images.reserve import reserve
from cyclegan.images.spool import Decoded, SpoolReader

ROWS = "rows.rgb"
JOURNAL = "rows.json"
PART_BYTES = 2**22
"""How much is read again at once."""
COLUMNS = 2048
"""Narrower pieces beside each other are written as one: each of its rows is a call to the system,
and those of single tiles took a tenth of all time without a network (measured)."""


class KeptRows(Writer):
    """Appends rows below those that were finished before; however it ends, it removes none.

    `folder` belongs to one image and to one process at a time. `terms` is whatever decides the
    bytes: rows that were kept under other terms, or of another size, are dropped. Disk space for
    all rows is set aside at once. Raises OSError (ENOSPC) when the disk is full.
    """

    def __init__(self, folder: Path, *, height: int, width: int, terms: str) -> None:
        self._folder = folder
        self._image = {"height": height, "width": width, "terms": terms}
        self._placement = Placement(height=height, width=width, done=self._kept())
        self._beside: list[Pixels] = []
        flags = os.O_RDWR | os.O_CREAT | (0 if self.done else os.O_TRUNC)
        self._file = os.open(folder / ROWS, flags, 0o600)
        with ExitStack() as undo:
            undo.callback(self.abort)
            if not self.done:
                reserve(self._file, height * width * 3)
                self._record()
            undo.pop_all()

    @property
    def done(self) -> int:
        """How many rows are finished."""
        return self._placement.done

    def finished(self) -> Iterator[Pixels]:
        """The finished rows from the top, (n, width, 3) uint8, copies; lazy, a few at a time."""
        end, width = self.done, self._placement.width
        step = max(1, PART_BYTES // (width * 3))
        for top in range(0, end, step):
            rows = np.empty((min(step, end - top), width, 3), np.uint8)
            read_at(self._file, rows, top * width * 3)
            yield rows

    def reader(self, info: ImageInfo) -> SpoolReader:
        """A reader of the image, of whose description `info` holds, when all rows are finished."""
        image = Decoded(info, info.height, info.width, orientation=1)
        return SpoolReader(self._folder / ROWS, image, owner=False)

    def write(self, piece: Pixels) -> None:
        """Append a piece; one can go on below those that reach the right edge."""
        top, left = self._placement.add(piece)
        self._beside.append(piece)
        right = left + piece.shape[1]
        columns = sum(one.shape[1] for one in self._beside)
        if columns >= COLUMNS or self.done > top:
            together = np.concatenate(self._beside, axis=1) if len(self._beside) > 1 else piece
            write_piece(self._file, together, top, right - columns, width=self._placement.width)
            self._beside.clear()
        if self.done > top:
            self._record()

    def close(self) -> None:
        """Let go of the file; every row must have been written."""
        self.abort()
        self._placement.finish()

    def abort(self) -> None:
        """Let go of the file, which stays with its finished rows; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _kept(self) -> int:
        """How many rows an earlier process has finished of this very image."""
        try:
            journal = json.loads((self._folder / JOURNAL).read_text())
        except FileNotFoundError:
            return 0
        done: int = journal.pop("done")
        return done if journal == self._image else 0

    def _record(self) -> None:
        # By a rename, so that the journal is whole at every moment; the rows are there before it.
        part = self._folder / f".{JOURNAL}.part"
        part.write_text(json.dumps({**self._image, "done": self.done}))
        part.rename(self._folder / JOURNAL)
