"""Random crops of slides, turned and bent as the settings want."""

from __future__ import annotations

from numpy.random import Generator

from cyclegan.images.image import Pixels
from cyclegan.train.augment import AugmentSettings, moved
from cyclegan.train.regions import Slides


class Crops:
    """Draws crops of one size; the slides stay the caller's, who closes them."""

    def __init__(self, slides: Slides, *, crop_px: int, augment: AugmentSettings) -> None:
        """Raises TrainingError, which names the file, when one is too small."""
        self._slides = slides
        self._crop_px = crop_px
        self._source_px = augment.source_px(crop_px)
        self._augment = augment
        slides.require_room(self._source_px)

    def draw(self, rng: Generator) -> tuple[Pixels, int]:
        """A crop, (crop_px, crop_px, 3) uint8, and the number of its file."""
        place = self._slides.draw(rng, self._source_px)
        cut = self._slides.cut(place, self._source_px)
        (crop,) = moved(rng, [cut], self._augment, self._crop_px)
        return crop, place.file
