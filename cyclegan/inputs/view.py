"""The protocol of views, and those that need nothing of the image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cyclegan.images.image import Pixels


class View(Protocol):
    """Shows one image, pixel by pixel, as the network wants to see it."""

    def __call__(self, pixels: Pixels) -> Pixels:
        """What the network sees of (..., 3) uint8 pixels, of the same shape: theirs or a new array.

        Equal pixels become equal ones wherever they stand; safe to call from several threads.
        """

    def provenance(self) -> Mapping[str, object]:
        """The view's name and what was fitted, as plain JSON values."""


@dataclass(frozen=True)
class PixelView:
    """A view that is the same for all images."""

    name: str
    change: Callable[[Pixels], Pixels]

    def __call__(self, pixels: Pixels) -> Pixels:
        """See `View`."""
        return self.change(pixels)

    def provenance(self) -> Mapping[str, object]:
        """Only the name."""
        return {"input": self.name}
