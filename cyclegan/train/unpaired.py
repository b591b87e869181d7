"""Crops of two kinds of images that show different tissue: fluorescence and H&E."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.engines.tensors import to_tensor
from cyclegan.images.image import Pixels
from cyclegan.inputs import INPUTS, View
from cyclegan.train.augment import AugmentSettings, degraded, moved
from cyclegan.train.colour_jitter import ColourJitter
from cyclegan.train.regions import Slides

A, B = 0, 1
"""Numbers of the two random streams of a sample."""


class UnpairedCrops(Dataset[dict[str, Tensor]]):
    """Sample i is {"a", "b"}: crops as (3, size, size) float32 in -1..1, a function of (seed, i).

    There is no last sample. What `a` shows is blurred, made noisy and coloured otherwise before the
    view of its whole file is taken, as fitted in service; `b` is only moved, and coloured otherwise
    where that is asked for. The slides stay the caller's, who closes them.
    """

    def __init__(
        self,
        a: Slides,
        b: Slides,
        *,
        view: str,
        size: int,
        seed: int,
        augment: AugmentSettings,
        jitter_a: ColourJitter,
        jitter_b: ColourJitter,
    ) -> None:
        """`view` is a key of `INPUTS`; raises TrainingError when a file is too small for crops."""
        self._slides = a, b
        self._view = view
        self._views: dict[int, View] = {}
        self._size, self._source_px = size, augment.source_px(size)
        self._seed = seed
        self._augment = augment
        self._jitters = jitter_a, jitter_b
        for slides in self._slides:
            slides.require_room(self._source_px)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {"a": tensor_of(self._input(index)), "b": tensor_of(self._target(index))}

    def _input(self, index: int) -> Pixels:
        rng = np.random.default_rng((self._seed, index, A))
        place = self._slides[A].draw(rng, self._source_px)
        crop = self._slides[A].cut(place, self._source_px)
        (picture,) = moved(rng, [crop], self._augment, self._size)
        picture = self._jitters[A](rng, degraded(rng, picture, self._augment))
        return self._view_of(place.file)(picture)

    def _target(self, index: int) -> Pixels:
        rng = np.random.default_rng((self._seed, index, B))
        crop = self._slides[B].cut(self._slides[B].draw(rng, self._source_px), self._source_px)
        (picture,) = moved(rng, [crop], self._augment, self._size)
        return self._jitters[B](rng, picture)

    def _view_of(self, file: int) -> View:
        if file not in self._views:
            self._views[file] = INPUTS[self._view](self._slides[A].reader(file))
        return self._views[file]


def tensor_of(picture: Pixels) -> Tensor:
    """A picture, (height, width, 3) uint8, as (3, height, width) float32 in -1..1."""
    return to_tensor(picture[np.newaxis], torch.device("cpu"))[0]
