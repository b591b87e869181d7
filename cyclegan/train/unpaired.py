"""Crops of two kinds of images that show different tissue: MUSE and H&E."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.images.image import Pixels
from cyclegan.inputs import INPUTS
from cyclegan.inputs.jitter import jittered
from cyclegan.train.augment import AugmentSettings, degraded
from cyclegan.train.crops import Crops
from cyclegan.train.ground import OVERVIEW_PX
from cyclegan.train.he_crops import HeCrops
from cyclegan.train.regions import Slides
from cyclegan.train.tensors import as_tensor

STREAM = 0
"""Number of the random stream of MUSE in a sample, beside that of H&E."""


class UnpairedCrops(Dataset[dict[str, Tensor]]):
    """`a`, what the network sees of a crop of MUSE, and `b`, a crop of H&E: as `Learner` has them.

    Sample i is a function of the seed and i; there is no last one. MUSE is coloured otherwise,
    blurred and made noisy before it is seen as its whole file is, by a fit that differs somewhat
    each time. H&E is coloured otherwise at most. The slides stay the caller's, who closes them.
    """

    def __init__(
        self,
        muse: Slides,
        he: Slides,
        *,
        input: str,  # noqa: A002 - the settings call it so
        crop_px: int,
        seed: int,
        augment: AugmentSettings,
    ) -> None:
        """`input` is a key of `INPUTS`; raises TrainingError when a file is too small for crops."""
        self._muse = Crops(muse, crop_px=crop_px, augment=augment)
        self._he = HeCrops(he, crop_px=crop_px, seed=seed, augment=augment)
        self._augment = augment
        self._seed = seed
        # What is fitted once is remembered by the process that draws samples. Of a slide, all of
        # which takes minutes, it is fitted on a coarser level.
        self._view = lru_cache(maxsize=None)(
            lambda file: INPUTS[input](muse.reader(file).overview(OVERVIEW_PX))
        )

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Sample `index`."""
        return {"a": as_tensor(self._seen(index)), **self._he[index]}

    def _seen(self, index: int) -> Pixels:
        rng = np.random.default_rng((self._seed, index, STREAM))
        crop, file = self._muse.draw(rng)
        crop = degraded(rng, self._augment.jitter_a(rng, crop), self._augment)
        return jittered(self._view(file), rng)(crop)
