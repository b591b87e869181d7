"""Structures stay where they are: the saliency loss of unpaired training.

What stands out in a fluorescence image, bright on dark, is to stand out in its translation, dark on
bright. Each domain has a threshold of its own, and a soft one: a hard map of classes, as the public
projects have it, has no gradient, and a loss of it trains nothing. After UTOM (Li et al. 2021,
cabooster/UTOM), which however judges translations by the threshold of the other domain.

Images are (n, 3, height, width) float32 in -1..1; the source is fluorescence as the network sees
it, the target H&E.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from skimage.filters import threshold_otsu
from torch import Tensor

from cyclegan.train.density import haematoxylin

Map = Callable[[Tensor], Tensor]
"""Images to (n, 1, height, width): about -1..1, like a grey picture."""


class Maps(NamedTuple):
    """What of the images of each domain shows their structures."""

    source: Map
    target: Map


def brightness(images: Tensor) -> Tensor:
    """The mean of the channels: tells tissue from background, hardly nuclei from stroma."""
    return images.mean(dim=1, keepdim=True)


def nuclear_dye(images: Tensor) -> Tensor:
    """The nuclear dye, where the network's input is `dyes`: the first of its planes."""
    return images[:, :1]


def through_haematoxylin(images: Tensor) -> Tensor:
    """The light that H&E would let through were it stained with haematoxylin alone."""
    return 2 * 10 ** -haematoxylin(images) - 1


SALIENCY: dict[str, Maps] = {
    "brightness": Maps(brightness, brightness),
    "nuclear": Maps(nuclear_dye, through_haematoxylin),
}
"""By name; `nuclear` needs the input `dyes`."""


@dataclass(frozen=True)
class Side:
    """How structures are told from background in the map of one domain."""

    threshold: float
    """Grey level between the two, 0..255 for -1..1."""
    is_bright: bool
    """Whether structures are brighter than the threshold: not in H&E, nor in inverted input."""


@dataclass(frozen=True)
class Saliency:
    """The loss for pairs of an image and its translation, whichever of them is the source."""

    maps: Maps
    source: Side
    target: Side
    slope: float
    """Of the soft threshold, for a map in -1..1. The gradient fades with the distance from it: at
    10 it is 0.3 % of its peak 93 grey levels away, at 100 it is 0 there."""

    def __call__(self, source: Tensor, target: Tensor) -> Tensor:
        """The mean difference of how salient each pixel is on both sides, a scalar in 0..1."""
        there = _salient(self.maps.source(source), self.source, self.slope)
        here = _salient(self.maps.target(target), self.target, self.slope)
        return (there - here).abs().mean()


def fitted(
    kind: str, source: Tensor, target: Tensor, *, source_is_bright: bool, slope: float
) -> Saliency:
    """The loss of a kind of `SALIENCY` with the thresholds of Otsu for images of each domain.

    Raises ValueError when one of them has nothing to tell apart.
    """
    maps = SALIENCY[kind]
    return Saliency(
        maps,
        Side(otsu(maps.source(source)), source_is_bright),
        Side(otsu(maps.target(target)), is_bright=False),
        slope,
    )


def otsu(values: Tensor) -> float:
    """The grey level that best parts a map in two classes (Otsu 1979), 0..255 for -1..1.

    Of all that part it alike it is the one in the middle between the means of the classes.
    Raises ValueError when all values are the same.
    """
    levels = (values.detach().float().cpu().numpy().clip(-1, 1) + 1) * 127.5
    if levels.min() == levels.max():
        raise ValueError(
            f"the images have the grey level {levels.min():.0f} everywhere, so that no threshold "
            "tells structures from background; give images that have both"
        )
    upper = levels > threshold_otsu(levels)
    return float(levels[upper].mean() + levels[~upper].mean()) / 2


def weight(seen: int, *, first: float, images: int) -> float:
    """The weight of the loss after so many images seen, of a training set of so many.

    It begins with `first` and falls to 37 % of itself with each time through the set: structures
    find their places early, and the loss must not hold back the colours later.
    """
    return first * math.exp(-seen / images)


def _salient(values: Tensor, side: Side, slope: float) -> Tensor:
    """How salient each pixel is, 0..1."""
    beyond = values - (side.threshold / 127.5 - 1)
    return ((beyond if side.is_bright else -beyond) * slope).sigmoid()
