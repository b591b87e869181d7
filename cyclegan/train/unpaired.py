"""Crops of two kinds of images that show different tissue: MUSE and H&E."""

from __future__ import annotations

from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.images.image import Pixels
from cyclegan.inputs import View
from cyclegan.train.augment import AugmentSettings
from cyclegan.train.he_crops import HeCrops
from cyclegan.train.muse_crops import MuseCrops
from cyclegan.train.regions import Slides
from cyclegan.train.tensors import as_tensor


class UnpairedCrops(Dataset[dict[str, Tensor]]):
    """`a`, what the network sees of a crop of MUSE, and `b`, a crop of H&E: as `Learner` has them.

    Sample i is a function of the seed and i; there is no last one. H&E is coloured otherwise at
    most. The slides stay the caller's, who closes them.
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
        self._muse = MuseCrops(muse, input=input, crop_px=crop_px, seed=seed, augment=augment)
        self._he = HeCrops(he, crop_px=crop_px, seed=seed, augment=augment)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Sample `index`."""
        crop, view = self.picture(index)
        return {"a": as_tensor(view(crop)), **self._he[index]}

    def picture(self, index: int) -> tuple[Pixels, View]:
        """The MUSE of sample `index`, and how the network sees it."""
        return self._muse.picture(index)
