"""Crops of H&E and the same in grey, from which colours are learned without any fluorescence."""

from __future__ import annotations

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.inputs.grey import grey
from cyclegan.train.augment import AugmentSettings, degraded
from cyclegan.train.crops import Crops
from cyclegan.train.regions import Slides
from cyclegan.train.tensors import as_tensor


class GreyedCrops(Dataset[dict[str, Tensor]]):
    """`a`, a crop of H&E in grey, and `b`, the same in colours: as `Learner` has them.

    Sample i is a function of the seed and i; there is no last one. H&E is dark where there is
    tissue, so what is trained on it serves fluorescence by the input `invert-grey`, which is, too.
    Before it is grey, `a` is coloured otherwise, blurred and made noisy. The slides stay the
    caller's, who closes them.
    """

    def __init__(
        self, slides: Slides, *, crop_px: int, seed: int, augment: AugmentSettings
    ) -> None:
        """Raises TrainingError when a file is too small for crops."""
        self._crops = Crops(slides, crop_px=crop_px, augment=augment)
        self._seed = seed
        self._augment = augment

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Sample `index`."""
        rng = np.random.default_rng((self._seed, index))
        crop, _ = self._crops.draw(rng)
        seen = degraded(rng, self._augment.jitter_b(rng, crop), self._augment)
        return {"a": as_tensor(grey(seen)), "b": as_tensor(crop)}
