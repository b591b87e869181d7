"""Colours changed at random, so that a network does not rely on one laboratory's.

Parameters mean what they mean in the augmenters of the Diagnostic Image Analysis Group, Radboud
(Tellez et al. 2018 and 2019, Faryna et al. 2021): from each range a number is drawn per picture,
evenly, and 0 changes nothing. Our own are the stains' vectors: the residual stands for their DAB,
so that separating and joining again is exact.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.random import Generator
from pydantic import AfterValidator, BaseModel, ConfigDict

from cyclegan.images.image import Pixels
from cyclegan.stains import Floats, optical_density, stain_matrix

LUMINANCE = (0.2125, 0.7154, 0.0721)
"""Shares of red, green and blue (ITU-R BT.709) in what contrast is measured around."""


def _ordered(given: tuple[float, float], lowest: float, highest: float) -> tuple[float, float]:
    if not lowest <= given[0] <= given[1] <= highest:
        raise ValueError(
            f"the range is {given[0]} to {given[1]}; give the lower end first, within "
            f"{lowest:g} to {highest:g}"
        )
    return given


Range = Annotated[tuple[float, float], AfterValidator(lambda given: _ordered(given, -1, 1))]
"""From and to, within -1..1."""
ContrastRange = Annotated[
    tuple[float, float], AfterValidator(lambda given: _ordered(given, -1, 0.9))
]
"""From and to, within -1..0.9: 1 would be infinite contrast."""
Share = Annotated[tuple[float, float], AfterValidator(lambda given: _ordered(given, 0, 1))]
"""From and to, within 0..1."""
NONE = (0.0, 0.0)


class HedJitter(BaseModel):
    """Stains made stronger or weaker: `amount * (1 + sigma) + bias` of each, in optical density."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    haematoxylin_sigma: Range = NONE
    haematoxylin_bias: Range = NONE
    eosin_sigma: Range = NONE
    eosin_bias: Range = NONE
    residual_sigma: Range = NONE
    """Of what haematoxylin and eosin leave over."""
    residual_bias: Range = NONE
    cutoff: Share = (0.0, 1.0)
    """Pictures whose mean, 0..1, lies outside stay as they are: glass has no stain."""


class HsbJitter(BaseModel):
    """Hue, saturation and brightness."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hue_sigma: Range = NONE
    """Added to the hue, as a part of the whole circle."""
    saturation_sigma: Range = NONE
    """Below 0 that share is lost; above, `s * (1 + sigma * (1 - s))`, so that grey stays grey."""
    brightness_sigma: Range = NONE
    """Below 0 that share is lost; above, that share of what is missing to 1 is gained."""


class ContrastJitter(BaseModel):
    """Contrast around the picture's mean luminance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sigma: ContrastRange = NONE
    """Distances from the mean become `1 / (1 - sigma)` times as large."""


class ColourJitter(BaseModel):
    """What is changed, in this order; nothing unless it is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hed: HedJitter = HedJitter()
    hsb: HsbJitter = HsbJitter()
    contrast: ContrastJitter = ContrastJitter()

    def __call__(self, rng: Generator, picture: Pixels) -> Pixels:
        """The picture, (height, width, 3) uint8, with other colours: itself or a new array."""
        picture = _hed(rng, picture, self.hed)
        picture = _hsb(rng, picture, self.hsb)
        return _contrast(rng, picture, self.contrast)


def _hed(rng: Generator, picture: Pixels, ranges: HedJitter) -> Pixels:
    sigmas = _drawn(rng, ranges.haematoxylin_sigma, ranges.eosin_sigma, ranges.residual_sigma)
    biases = _drawn(rng, ranges.haematoxylin_bias, ranges.eosin_bias, ranges.residual_bias)
    low, high = ranges.cutoff
    is_within = low <= picture.mean() / 255 <= high
    return restained(picture, sigmas, biases) if is_within else picture


def restained(picture: Pixels, sigmas: Floats, biases: Floats) -> Pixels:
    """A picture whose haematoxylin, eosin and residual are `amount * (1 + sigma) + bias`.

    Both are (3,); a picture without change is returned itself.
    """
    if not (sigmas.any() or biases.any()):
        return picture
    stains = stain_matrix()
    # From optical density to amounts, there, and back, in one product.
    change = np.linalg.inv(stains) @ ((1 + sigmas)[:, None] * stains)
    density = optical_density(picture) @ change.astype(np.float32) + biases @ stains
    return _rounded(256 * np.exp2(-np.log2(np.float32(10)) * density) - 1)


def _hsb(rng: Generator, picture: Pixels, ranges: HsbJitter) -> Pixels:
    hue, saturation, brightness = _drawn(
        rng, ranges.hue_sigma, ranges.saturation_sigma, ranges.brightness_sigma
    )
    if not (hue or saturation or brightness):
        return picture
    red, green, blue = planes = np.moveaxis(picture, -1, 0).astype(np.float32, order="C")
    top, bottom = planes.max(axis=0), planes.min(axis=0)
    spread = np.maximum(top - bottom, 1)
    turned = 6 * hue + np.where(
        top == red,
        (green - blue) / spread,
        np.where(top == green, 2 + (blue - red) / spread, 4 + (red - green) / spread),
    )
    strength = (top - bottom) / np.maximum(top, 1)
    strength *= 1 + saturation * (1 if saturation < 0 else 1 - strength)
    level = top + brightness * (top if brightness < 0 else 255 - top)
    for plane, start in zip(planes, (5, 3, 1), strict=True):
        place = start + turned
        place -= 6 * np.floor(place / 6)
        missing = np.clip(np.minimum(place, 4 - place), 0, 1)
        plane[...] = np.rint(level * (1 - strength * missing))
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1).astype(np.uint8))


def _contrast(rng: Generator, picture: Pixels, ranges: ContrastJitter) -> Pixels:
    (sigma,) = _drawn(rng, ranges.sigma)
    if not sigma:
        return picture
    mean = (picture.mean(axis=(0, 1)) @ np.array(LUMINANCE)).astype(np.float32)
    return _rounded(mean + (picture - mean) / np.float32(1 - sigma))


def _drawn(rng: Generator, *ranges: tuple[float, float]) -> Floats:
    low, high = np.array(ranges).T
    return np.asarray(rng.uniform(low, high), dtype=np.float32)


def _rounded(grey: Floats) -> Pixels:
    return np.rint(np.clip(grey, 0, 255)).astype(np.uint8)
