"""Crops of MUSE alone, as the network is to see them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cyclegan.images.image import Pixels
from cyclegan.inputs import INPUTS, View
from cyclegan.inputs.jitter import jittered
from cyclegan.train.augment import AugmentSettings, degraded
from cyclegan.train.crops import Crops
from cyclegan.train.ground import OVERVIEW_PX
from cyclegan.train.regions import Slides

STREAM = 0
"""Number of the random stream of MUSE in a sample, beside that of H&E."""


class MuseCrops:
    """Crops, each a function of the seed and its number; there is no last one.

    MUSE is coloured otherwise, blurred and made noisy before it is seen as its whole file is, by a
    fit that differs somewhat each time. The slides stay the caller's, who closes them.
    """

    def __init__(
        self,
        slides: Slides,
        *,
        input: str,  # noqa: A002 - the settings call it so
        crop_px: int,
        seed: int,
        augment: AugmentSettings,
    ) -> None:
        """`input` is a key of `INPUTS`; raises TrainingError when a file is too small for crops."""
        self._crops = Crops(slides, crop_px=crop_px, augment=augment)
        self._augment = augment
        self._seed = seed
        # What is fitted once is remembered by the process that draws samples. Of a slide, all of
        # which takes minutes, it is fitted on a coarser level.
        self._view = lru_cache(maxsize=None)(
            lambda file: INPUTS[input](slides.reader(file).overview(OVERVIEW_PX))
        )

    def picture(self, index: int) -> tuple[Pixels, View]:
        """Crop `index`, (crop_px, crop_px, 3), and how the network sees it."""
        rng = np.random.default_rng((self._seed, index, STREAM))
        crop, file = self._crops.draw(rng)
        crop = degraded(rng, self._augment.jitter_a(rng, crop), self._augment)
        return crop, jittered(self._view(file), rng)
