"""An image as a network sees it: through a view."""

from __future__ import annotations

from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.inputs import View
from cyclegan.inputs.view import PixelView

AS_IT_IS: View = PixelView("rgb", lambda pixels: pixels)
"""Shows every image's own pixels."""


class Seen(Reader):
    """The same image through a view that was fitted on it; lives on what `image` holds."""

    def __init__(self, image: Reader, view: View) -> None:
        self.image = image
        self.view = view

    @property
    def info(self) -> ImageInfo:
        """The description of the image itself."""
        return self.image.info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """What the network sees of a region."""
        return self.view(self.image.read(y, x, height, width))

    def close(self) -> None:
        """Hold nothing else."""
