"""The open images of a training set: small ones in memory, large ones read region by region."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from copy import deepcopy
from pathlib import Path

from cyclegan.ahead import ahead
from cyclegan.errors import ImageError, TrainingError
from cyclegan.images import open_image
from cyclegan.images.image import Reader
from cyclegan.train.held import Held
from cyclegan.train.sources import SourceFile

HELD_PX = 64_000_000
"""Larger images are never held in memory."""
MOST_AWAKE = 16
"""Files that are read by regions at once; each has a process that takes up to 150 MB."""
OPENED_AT_ONCE = 4


class Shelf:
    """Readers by number, the same in this process and in all that are forked or pickled from it.

    Each process reads with copies of its own, which end with it. Used by one thread at a time.
    """

    def __init__(self, *, held_bytes: int) -> None:
        """`held_bytes` is what images in memory may take together."""
        self._room = held_bytes
        self._readers: list[Reader] = []
        self._awake: OrderedDict[int, None] = OrderedDict()
        self._process = os.getpid()

    def __len__(self) -> int:
        return len(self._readers)

    def add(self, reader: Reader) -> Reader:
        """Take a reader over as the next number; returns the one that stands there now."""
        size = reader.info.height * reader.info.width
        if size <= HELD_PX and 3 * size <= self._room:
            self._room -= 3 * size
            held = Held(reader)
            reader.close()
            reader = held
        self._readers.append(reader)
        return self[len(self) - 1]

    def __getitem__(self, number: int) -> Reader:
        """The reader of a file; it is not closed by who reads, and lives as long as the shelf."""
        if self._process != os.getpid():
            self._copy()
        reader = self._readers[number]
        if not isinstance(reader, Held):
            self._awake[number] = None
            self._awake.move_to_end(number)
            if len(self._awake) > MOST_AWAKE:
                oldest, _ = self._awake.popitem(last=False)
                self._readers[oldest].pause()
        return reader

    def close(self) -> None:
        """Close all readers of this process; a second call does nothing."""
        if self._process == os.getpid():
            _close(self._readers)

    def _copy(self) -> None:
        """Replace readers whose process belongs to another process."""
        self._process = os.getpid()
        self._awake.clear()
        self._readers = [
            reader if isinstance(reader, Held) else deepcopy(reader) for reader in self._readers
        ]


def open_all(
    files: Sequence[SourceFile], *, spacing_um: float | None, scratch: Path | None
) -> Generator[Reader, None, None]:
    """The reader of each file at about the wanted spacing, in their order, some opened ahead.

    Who takes a reader closes it. Raises TrainingError, which names the file, when one cannot be
    read, or does not say its spacing where one is wanted.
    """
    waiting: list[Reader] = []

    def open_one(file: SourceFile) -> Reader:
        reader = _open(file, spacing_um, scratch)
        waiting.append(reader)
        return reader

    with ExitStack() as stack:
        pool = ThreadPoolExecutor(OPENED_AT_ONCE, thread_name_prefix="opening")
        stack.callback(_close, waiting)
        readers = stack.enter_context(closing(ahead(pool, open_one, files, most=OPENED_AT_ONCE)))
        for reader in readers:
            waiting.remove(reader)
            yield reader


def _close(readers: Sequence[Reader]) -> None:
    with ExitStack() as stack:
        for reader in readers:
            stack.callback(reader.close)


def _open(file: SourceFile, spacing_um: float | None, scratch: Path | None) -> Reader:
    try:
        reader = open_image(
            file.path, scratch=scratch, spacing_um=spacing_um, own_spacing_um=file.spacing_um
        )
    except (ImageError, FileNotFoundError, PermissionError) as error:
        fault = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(
            f"{file.name} cannot be trained on: {fault}; mend it, or leave it out by the source's "
            "exclude"
        ) from error
    if spacing_um and not reader.info.spacing_um:
        reader.close()
        raise TrainingError(
            f"{file.name} does not say its pixel size, and training is at {spacing_um:.4g} µm per "
            "pixel; give its source spacing_um"
        )
    return reader
