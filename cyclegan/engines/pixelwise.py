"""What all translations have in common that look at one pixel at a time."""

from __future__ import annotations

from typing import Self

from cyclegan.engines.engine import Room, Watch
from cyclegan.images.image import Reader


class Pixelwise:
    """A patch needs no surroundings, may have any size, and nothing is held for it."""

    halo = 0
    multiple = 1
    smallest = 1
    tile = 256
    batch = 8
    lanes = 1
    blend = "crop"
    done = 0.0

    def close(self) -> None:
        """Hold nothing."""


class PixelwiseEngine(Pixelwise):
    """Is its own translation of every image, of which it needs nothing."""

    def prepare(
        self,
        reader: Reader,  # noqa: ARG002 - it needs nothing of the image
        room: Room,  # noqa: ARG002
        watch: Watch,  # noqa: ARG002
    ) -> Self:
        """The engine itself."""
        return self
