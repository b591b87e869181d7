"""Readers and writers of plain arrays: the twins of files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cyclegan.engines.engine import Room
from cyclegan.images.image import ImageInfo, Pixels, Reader, Writer

NOWHERE = Room(Path("nowhere"))
"""For engines that need no scratch space."""


def noise(height: int, width: int, seed: int = 0) -> Pixels:
    """Random pixels, so that no two places look alike."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


class ArrayReader(Reader):
    """An image in memory."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels
        height, width = pixels.shape[:2]
        self._info = ImageInfo(height, width, "array", bits=8, channels=3)

    @property
    def info(self) -> ImageInfo:
        return self._info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        region = self._pixels[y : y + height, x : x + width]
        assert region.shape == (height, width, 3), "a region outside of the image was asked for"
        return region

    def close(self) -> None:
        pass


def joined(pieces: Iterable[Pixels], width: int) -> Pixels:
    """Pieces as a writer gets them, put together to rows of so many px."""
    rows: list[list[Pixels]] = [[]]
    for piece in pieces:
        if sum(one.shape[1] for one in rows[-1]) == width:
            rows.append([])
        rows[-1].append(piece)
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


class ArrayWriter(Writer):
    """Pieces of an image of so many px width kept in memory."""

    def __init__(self, width: int) -> None:
        self.pieces: list[Pixels] = []
        self._width = width

    @property
    def pixels(self) -> Pixels:
        return joined(self.pieces, self._width)

    def write(self, piece: Pixels) -> None:
        self.pieces.append(piece)

    def close(self) -> None:
        pass

    def abort(self) -> None:
        self.pieces.clear()
