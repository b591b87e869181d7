"""Readers and writers of plain arrays: the twins of files."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import numpy as np

from cyclegan.images.image import ImageInfo, Pixels


def noise(height: int, width: int, seed: int = 0) -> Pixels:
    """Random pixels, so that no two places look alike."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


class ArrayReader:
    """An image in memory."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels
        height, width = pixels.shape[:2]
        self.info = ImageInfo(height, width, "array", bits=8, channels=3)

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        region = self._pixels[y : y + height, x : x + width]
        assert region.shape == (height, width, 3), "a region outside of the image was asked for"
        return region

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class ArrayWriter:
    """Rows kept in memory."""

    def __init__(self) -> None:
        self.strips: list[Pixels] = []

    @property
    def pixels(self) -> Pixels:
        return np.concatenate(self.strips)

    def write(self, rows: Pixels) -> None:
        self.strips.append(rows)

    def close(self) -> None:
        pass

    def abort(self) -> None:
        self.strips.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind:
            self.abort()
