"""Crops of H&E alone: what translations are to look like."""

from __future__ import annotations

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.train.augment import AugmentSettings
from cyclegan.train.crops import Crops
from cyclegan.train.regions import Slides
from cyclegan.train.tensors import as_tensor

STREAM = 1
"""Number of the random stream of a sample, beside that of MUSE, which is 0."""


class HeCrops(Dataset[dict[str, Tensor]]):
    """`b`, a crop of H&E that is coloured otherwise at most: as `Learner` has it.

    Sample i is a function of the seed and i; there is no last one. The slides stay the caller's,
    who closes them.
    """

    def __init__(
        self, slides: Slides, *, crop_px: int, seed: int, augment: AugmentSettings
    ) -> None:
        """Raises TrainingError when a file is too small for crops."""
        self._crops = Crops(slides, crop_px=crop_px, augment=augment)
        self._augment = augment
        self._seed = seed

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Sample `index`."""
        rng = np.random.default_rng((self._seed, index, STREAM))
        crop, _ = self._crops.draw(rng)
        return {"b": as_tensor(self._augment.jitter_b(rng, crop))}
