"""What a network sees of an image, by the name that its package has for it.

A view is fitted once on the whole image, so that the tiles of an image cannot differ, and then
changes each pixel by itself. Training, serving and evaluation all look through the same function.
"""

from __future__ import annotations

from collections.abc import Callable

from cyclegan.images.image import Reader
from cyclegan.inputs.dyes import DyeView
from cyclegan.inputs.grey import grey, inverted_grey
from cyclegan.inputs.inverted import inverted, inverted_luminance
from cyclegan.inputs.view import PixelView, View

__all__ = ["INPUTS", "View"]

INPUTS: dict[str, Callable[[Reader], View]] = {
    "rgb": lambda _image: PixelView("rgb", lambda pixels: pixels),
    "invert-rgb": lambda _image: PixelView("invert-rgb", inverted),
    "invert-luminance": lambda _image: PixelView("invert-luminance", inverted_luminance),
    "grey": lambda _image: PixelView("grey", grey),
    "invert-grey": lambda _image: PixelView("invert-grey", inverted_grey),
    "dyes": DyeView.fitted,
}
"""What fits a view on an image: a new one is a file and a line here."""
