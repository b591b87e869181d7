"""Reading regions of a file that a child process keeps open."""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cyclegan.errors import CorruptImage, ImageError
from cyclegan.images.image import DecodeLimits, Extent, ImageInfo, Pixels, Reader
from cyclegan.images.region import Region
from cyclegan.images.sandbox import Child

SIDE_PX = 2048
"""Larger regions are asked for in parts of at most this height and width."""
SHARED_BYTES = SIDE_PX * SIDE_PX * 3


@dataclass(frozen=True)
class Pyramid:
    """What the child says of a file that it reads by regions."""

    info: ImageInfo
    """The description of the finest level."""
    levels: tuple[Extent, ...]
    """The finest first; upright."""
    survey: Mapping[str, Any]
    """What a look at all pixels has told, so that another child need not look again."""


class Server:
    """The child process of one file, and the memory that it shares; safe from several threads.

    A pickled copy starts a child of its own when it is first asked for pixels. Whatever the child
    stumbles over ends it, and every later reading raises the same error.
    """

    def __init__(
        self, task: Mapping[str, Any], limits: DecodeLimits, *, expected: Mapping[str, Any]
    ) -> None:
        """`expected` is what a child has answered to this task before."""
        self._task = dict(task)
        self._limits = limits
        self._expected = expected
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._shared: mmap.mmap | None = None
        self._end: Exception | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return _reopen, (self._task, self._limits, self._expected)

    def adopt(self, child: Child, shared: int) -> mmap.mmap:
        """Take over a child and the memory shared with it, which is returned mapped."""
        self._child, self._shared = child, mmap.mmap(shared, SHARED_BYTES)
        return self._shared

    def read(self, level: int, region: Region) -> Pixels:
        """The region of a level, (height, width, 3) uint8, a new array."""
        found = np.empty((region.height, region.width, 3), np.uint8)
        is_one = found.size <= SHARED_BYTES
        for part in [region] if is_one else region.parts(SIDE_PX, SIDE_PX):
            if part.height and part.width:
                top, left = part.y - region.y, part.x - region.x
                place = found[top : top + part.height, left : left + part.width]
                with self._lock:
                    self._read(level, part, place)
        return found

    def pause(self) -> None:
        """End the child until something is read again."""
        with self._lock:
            self._let_go()

    def close(self) -> None:
        """End the child; a second call does nothing."""
        with self._lock:
            self._stop(ValueError("the reader is closed"))

    def _read(self, level: int, region: Region, place: Pixels) -> None:
        if self._end:
            raise type(self._end)(*self._end.args)
        try:
            child, shared = self._running()
            child.ask({"level": level, "region": region})
        except (ImageError, OSError) as error:
            self._stop(error)
            raise
        place[...] = np.frombuffer(shared, np.uint8, place.size).reshape(place.shape)

    def _running(self) -> tuple[Child, mmap.mmap]:
        if self._child and self._shared:
            return self._child, self._shared
        memory = new_shared()
        try:
            child = Child({**self._task, "shared": memory}, self._limits, share=[memory])
            shared = self.adopt(child, memory)
        finally:
            os.close(memory)
        if child.answer()["answer"] != self._expected:
            raise CorruptImage("the image has changed since it was opened; open it again")
        return child, shared

    def _stop(self, why: Exception) -> None:
        self._end = self._end or why
        self._let_go()

    def _let_go(self) -> None:
        child, shared, self._child, self._shared = self._child, self._shared, None, None
        with ExitStack() as stack:
            if shared:
                stack.callback(shared.close)
            if child:
                stack.callback(child.close)


class RegionReader(Reader):
    """Reads one level of a file; memory does not grow with the image."""

    def __init__(self, server: Server, pyramid: Pyramid, level: int = 0) -> None:
        self._server = server
        self._pyramid = pyramid
        self._level = level
        self._info = _info(pyramid, level)

    @property
    def info(self) -> ImageInfo:
        """The description of the level that is read."""
        return self._info

    @property
    def levels(self) -> tuple[Extent, ...]:
        """All levels of the file, the finest first."""
        return self._pyramid.levels

    def at_level(self, level: int, note: str | None) -> RegionReader:
        """The reader of another level with a note in its description, on the same child."""
        info = self._pyramid.info
        notes = (*info.notes, note) if note else info.notes
        pyramid = replace(self._pyramid, info=replace(info, notes=notes))
        return RegionReader(self._server, pyramid, level)

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """A copy of the region with its top-left corner at (y, x); safe from several threads.

        Raises CorruptImage when the file is damaged there, ImageTooLarge when decoding it takes
        more than is allowed, and ValueError when the region reaches outside the image or the reader
        is closed.
        """
        region = Region(y, x, height, width)
        region.require_inside(self._info.height, self._info.width)
        return self._server.read(self._level, region)

    def overview(self, longest: int) -> Reader:
        """The coarsest level with `longest` px on its longer side, on the same child."""
        fit = [
            number
            for number, level in enumerate(self.levels)
            if number > self._level and max(level.height, level.width) >= longest
        ]
        return RegionReader(self._server, self._pyramid, max(fit)) if fit else self

    def finest(self) -> Reader:
        """The finest level, on the same child."""
        return RegionReader(self._server, self._pyramid)

    def pause(self) -> None:
        """End the child; the next reading starts another, which takes about 0.3 s."""
        self._server.pause()

    def close(self) -> None:
        """End the child; a second call does nothing."""
        self._server.close()


def new_shared() -> int:
    """A descriptor of memory for the largest part; the kernel frees it after any death."""
    memory = os.memfd_create("regions")
    os.ftruncate(memory, SHARED_BYTES)
    return memory


def sizes(levels: Sequence[Sequence[float]], spacing_um: float | None) -> tuple[Extent, ...]:
    """The levels of a child's answer: height, width and factor of each."""
    return tuple(
        Extent(int(height), int(width), spacing_um and spacing_um * factor)
        for height, width, factor in levels
    )


def _info(pyramid: Pyramid, level: int) -> ImageInfo:
    if level == 0:
        return pyramid.info
    extent = pyramid.levels[level]
    return replace(
        pyramid.info,
        height=extent.height,
        width=extent.width,
        spacing_um=extent.spacing_um,
        read_from=pyramid.levels[0],
    )


def _reopen(task: Mapping[str, Any], limits: DecodeLimits, expected: Mapping[str, Any]) -> Server:
    return Server(task, limits, expected=expected)
