"""Pixels in memory in the place of an open image."""

from __future__ import annotations

from dataclasses import replace

from cyclegan.images.image import ImageInfo, Pixels, Reader


class Picture(Reader):
    """A picture that was read or made; it has its own size, and all else that `info` says."""

    def __init__(self, pixels: Pixels, info: ImageInfo | None = None) -> None:
        height, width = pixels.shape[:2]
        self._pixels = pixels
        self._info = replace(
            info or ImageInfo(height, width, "png", bits=8, channels=3), height=height, width=width
        )

    @property
    def info(self) -> ImageInfo:
        """The description of the picture."""
        return self._info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """A view of a part of it."""
        return self._pixels[y : y + height, x : x + width]

    def close(self) -> None:
        """Hold nothing else."""
