"""Crops of H&E and the same in grey, from which colours are learned without any fluorescence."""

from __future__ import annotations

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.inputs.grey import grey
from cyclegan.train.augment import AugmentSettings, degraded, moved
from cyclegan.train.colour_jitter import ColourJitter
from cyclegan.train.regions import Slides
from cyclegan.train.unpaired import tensor_of


class GreyedCrops(Dataset[dict[str, Tensor]]):
    """Sample i is {"a", "b"}: the same crop in grey and in colours, a function of (seed, i).

    Both are (3, size, size) float32 in -1..1. There is no last sample. H&E is dark where there is
    tissue, so what is trained so serves fluorescence with the input `invert-grey`, which is, too.
    `a` is coloured otherwise, blurred and made noisy, `b` only moved. The slides stay the
    caller's, who closes them.
    """

    def __init__(
        self,
        slides: Slides,
        *,
        size: int,
        seed: int,
        augment: AugmentSettings,
        jitter: ColourJitter,
    ) -> None:
        """Raises TrainingError when a file is too small for crops."""
        self._slides = slides
        self._size, self._source_px = size, augment.source_px(size)
        self._seed = seed
        self._augment = augment
        self._jitter = jitter
        slides.require_room(self._source_px)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((self._seed, index))
        crop = self._slides.cut(self._slides.draw(rng, self._source_px), self._source_px)
        (picture,) = moved(rng, [crop], self._augment, self._size)
        seen = degraded(rng, self._jitter(rng, picture), self._augment)
        return {"a": tensor_of(grey(seen)), "b": tensor_of(picture)}
