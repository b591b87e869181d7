"""Pairs of a simulated MUSE picture and its H&E: sample i is a function of the seed and i alone.

Each slide is put under some random microscopes. What the network sees of a picture is fitted on a
mosaic of the slide, taken by the same microscope, as the service fits it on the whole image.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.images.image import Pixels
from cyclegan.images.picture import Picture
from cyclegan.inputs import INPUTS, View
from cyclegan.inputs.jitter import jittered
from cyclegan.muse import MuseSpec
from cyclegan.rigs import draw_rig
from cyclegan.simulate import on_slide, simulate, stain_tops
from cyclegan.slide_stain import SlideStain, redraw, stain_of
from cyclegan.train.augment import AugmentSettings
from cyclegan.train.crops import Crops
from cyclegan.train.regions import Slides
from cyclegan.train.tensors import as_tensor

MARGIN_PX = 24
"""Tissue around a crop whose light reaches into it; it is cut off."""


@dataclass(frozen=True)
class Rig:
    """A slide under a microscope."""

    spec: MuseSpec
    tops: tuple[float, float]
    """Strongest concentrations of the slide; see `stain_tops`."""
    view: View
    """What the network sees of its pictures."""


class SimulatedPairs(Dataset[dict[str, Tensor]]):
    """`a`, what the network sees of a simulated picture, and `b`, its truth: as `Learner` has them.

    `input` is a key of `INPUTS`, `rigs` how many microscopes each slide is put under. Truths are
    drawn in the one `stain`; with None each has its own.
    """

    def __init__(
        self,
        slides: Slides,
        *,
        input: str,  # noqa: A002 - the settings call it so
        stain: SlideStain | None,
        crop_px: int,
        rigs: int,
        seed: int,
        augment: AugmentSettings,
    ) -> None:
        """Raises TrainingError when a file is too small for crops."""
        self._slides = slides
        self._crops = Crops(slides, crop_px=crop_px + 2 * MARGIN_PX, augment=augment)
        self._input = input
        self._stain = stain
        self._rigs = rigs
        self._seed = seed
        # What is fitted once is remembered by the process that draws samples.
        self._rig = lru_cache(maxsize=None)(self._new_rig)
        self._own_stain = lru_cache(maxsize=None)(lambda file: stain_of(slides.mosaic(file)))

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Sample `index`."""
        muse, view, he, file = self._drawn(index)
        if self._stain is not None:
            he = redraw(he, self._own_stain(file), self._stain)
        return {"a": as_tensor(view(_middle(muse))), "b": as_tensor(_middle(he))}

    def picture(self, index: int) -> tuple[Pixels, View]:
        """The simulated picture of sample `index`, and how the network sees it."""
        muse, view, _, _ = self._drawn(index)
        return _middle(muse), view

    def _drawn(self, index: int) -> tuple[Pixels, View, Pixels, int]:
        """A simulated picture, how it is seen, its H&E, and the number of that one's file."""
        rng = np.random.default_rng((self._seed, index))
        he, file = self._crops.draw(rng)
        rig = self._rig(file, int(rng.integers(self._rigs)))
        spec = replace(rig.spec, seed=int(rng.integers(2**31)))
        muse = simulate(he, spec, tops=rig.tops).muse
        return muse, jittered(rig.view, rng), he, file

    def _new_rig(self, file: int, number: int) -> Rig:
        rng = np.random.default_rng((self._seed, file, number))
        spec = on_slide(draw_rig(rng), self._slides.mosaic(file))
        mosaic = self._slides.mosaic(file, seed=number)
        tops = stain_tops(mosaic, spec)
        muse = simulate(mosaic, spec, tops=tops).muse
        return Rig(spec, tops, INPUTS[self._input](Picture(muse)))


def _middle(pixels: Pixels) -> Pixels:
    return pixels[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
