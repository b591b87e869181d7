"""What a network sees of an image, by the name that its package has for it.

A view is fitted once on the whole image, so that the tiles of an image cannot differ, and then
changes each pixel by itself. Training, serving and evaluation all look through the same function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cyclegan.images.image import Pixels, Reader
from cyclegan.inputs.dyes import DyeView
from cyclegan.inputs.grey import grey, inverted_grey
from cyclegan.inputs.inverted import inverted, inverted_luminance
from cyclegan.inputs.view import PixelView, View

__all__ = ["INPUTS", "View", "restored"]

FIXED: dict[str, Callable[[Pixels], Pixels]] = {
    "rgb": lambda pixels: pixels,
    "invert-rgb": inverted,
    "invert-luminance": inverted_luminance,
    "grey": grey,
    "invert-grey": inverted_grey,
}
"""Views that are the same for all images."""


def _fixed(name: str, change: Callable[[Pixels], Pixels]) -> Callable[[Reader], View]:
    return lambda _image: PixelView(name, change)


INPUTS: dict[str, Callable[[Reader], View]] = {
    **{name: _fixed(name, change) for name, change in FIXED.items()},
    "dyes": DyeView.fitted,
}
"""What fits a view on an image: a new one is a file and a line here."""


def restored(record: Mapping[str, Any]) -> View:
    """The view that has told so of itself; see `View.provenance`."""
    name = record["input"]
    return PixelView(name, FIXED[name]) if name in FIXED else DyeView.restored(record)
