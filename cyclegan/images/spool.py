"""Decoded pixels in a file of raw rows, so that any region can be read by any process."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cyclegan.images.image import Extent, ImageInfo, Pixels, Reader
from cyclegan.images.orientation import stored_region, upright
from cyclegan.images.positioned import read_at
from cyclegan.images.region import Region


@dataclass(frozen=True)
class Decoded:
    """What the decoding child has put into a spool."""

    info: ImageInfo
    """The description of the upright image."""
    height: int
    """px as stored, before turning"""
    width: int
    """px as stored, before turning"""
    orientation: int
    """How the stored rows are to be turned: 1 to 8 as in EXIF."""


def new_spool(folder: Path) -> Path:
    """A new empty file in the folder that only this user can read."""
    path = folder / f"{secrets.token_hex(16)}.rgb"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


class SpoolReader(Reader):
    """Reads regions of a spool.

    A pickled copy opens the same spool in another process and leaves removing it to the original.
    Nothing of the file is held, nor mapped, which would count as held: memory does not grow with
    the image.
    """

    def __init__(self, path: Path, decoded: Decoded, *, owner: bool = True) -> None:
        self._path = path
        self._decoded = decoded
        self._owner = owner
        self._file = path.open("rb", buffering=0)

    def __reduce__(self) -> tuple[object, ...]:
        return _reopen, (self._path, self._decoded)

    @property
    def info(self) -> ImageInfo:
        """The description of the image."""
        return self._decoded.info

    @property
    def levels(self) -> tuple[Extent, ...]:
        """The one level there is."""
        return (self.info.source,)

    def at_level(self, level: int, note: str | None) -> SpoolReader:
        """The reader itself, with a note for its description."""
        del level
        if note:
            info = replace(self.info, notes=(*self.info.notes, note))
            self._decoded = replace(self._decoded, info=info)
        return self

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """A copy of the region with its top-left corner at (y, x); safe from several threads.

        Raises ValueError when the region reaches outside the image or the reader is closed.
        """
        if self._file.closed:
            raise ValueError("the reader is closed")
        region = Region(y, x, height, width)
        region.require_inside(self.info.height, self.info.width)
        decoded = self._decoded
        stored = self._stored(
            stored_region(region, decoded.height, decoded.width, decoded.orientation)
        )
        return np.ascontiguousarray(upright(stored, decoded.orientation))

    def close(self) -> None:
        """Remove the spool (the original) or let go of it (a copy); a second call does nothing."""
        self._file.close()
        if self._owner:
            self._path.unlink(missing_ok=True)

    def _stored(self, region: Region) -> Pixels:
        """A region of the rows as they lie in the file, (height, width, 3) uint8, a new array."""
        pixels = np.empty((region.height, region.width, 3), np.uint8)
        if pixels.size:
            for y, row in enumerate(pixels, region.y):
                read_at(self._file.fileno(), row, (y * self._decoded.width + region.x) * 3)
        return pixels


def _reopen(path: Path, decoded: Decoded) -> SpoolReader:
    return SpoolReader(path, decoded, owner=False)
