"""A truth as it would look in another stain, so that content is compared and not the staining."""

from __future__ import annotations

from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.sample import SAMPLE_BLOCKS, sample_blocks
from cyclegan.slide_stain import SlideStain, redraw, stain_of


class Restained(Reader):
    """An H&E image that is redrawn in the stain wanted as it is read; closes what it reads from."""

    def __init__(self, reader: Reader, wanted: SlideStain) -> None:
        self._reader = reader
        self._own = stain_of(sample_blocks(reader, count=SAMPLE_BLOCKS))
        self._wanted = wanted

    @property
    def info(self) -> ImageInfo:
        """That of the image."""
        return self._reader.info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """The region with its top-left corner at (y, x), redrawn."""
        return redraw(self._reader.read(y, x, height, width), self._own, self._wanted)

    def close(self) -> None:
        """Close the image."""
        self._reader.close()
