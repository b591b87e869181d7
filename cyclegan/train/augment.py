"""Pictures turned, bent, blurred and made noisy at random, so that few slides teach more.

A crop is taken larger than it is wanted, so that no turning shows an edge. All that moves pixels
is done at once, by one interpolation; flips and quarter turns take none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from pydantic import BaseModel, ConfigDict, Field, field_validator
from torch import Tensor
from torchvision.transforms.v2 import functional

from cyclegan.images.image import Pixels
from cyclegan.noise import smooth_noise
from cyclegan.stains import Floats
from cyclegan.train.colour_jitter import ColourJitter

ROOM_PX = 2
"""What interpolation needs beyond the outermost pixels, on both sides together."""
MOST_NOISE = 1.8
"""Where smooth noise is cut off: at three standard deviations."""


class AugmentSettings(BaseModel):
    """What is changed, each by a random amount per picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flip: bool = True
    """Half of the pictures are mirrored."""
    quarter_turns: bool = True
    """Pictures are turned by 0, 90, 180 or 270 degrees."""
    rotate_degrees: float = Field(0, ge=0, le=45)
    """Pictures are turned by up to this angle either way, besides."""
    scale: tuple[float, float] = (1.0, 1.0)
    """Pictures are enlarged by a factor from this range, within 0.5..2."""
    elastic_px: float = Field(0, ge=0, le=64)
    """Pixels are displaced by up to so much along each axis, smoothly; a third of it is usual."""
    elastic_size_px: float = Field(48, ge=8, le=1024)
    """About the size of the bumps by which they are displaced."""
    blur_px: float = Field(0, ge=0, le=16)
    """Inputs are blurred by a Gaussian with a standard deviation of up to this."""
    noise: float = Field(0, ge=0, le=128)
    """Inputs get white noise with a standard deviation of up to this, in grey levels."""
    jitter_a: ColourJitter = ColourJitter()
    """How MUSE is coloured otherwise."""
    jitter_b: ColourJitter = ColourJitter()
    """How H&E is coloured otherwise."""

    @field_validator("scale")
    @classmethod
    def _check_scale(cls, scale: tuple[float, float]) -> tuple[float, float]:
        if not 0.5 <= scale[0] <= scale[1] <= 2:
            raise ValueError(
                f"scale is {scale[0]} to {scale[1]}; give the lower end first, within 0.5 to 2"
            )
        return scale

    @property
    def bends(self) -> bool:
        """Whether pixels come to lie between pixels."""
        return bool(self.rotate_degrees or self.elastic_px or self.scale != (1, 1))

    def source_px(self, size: int) -> int:
        """Height and width of the crop from which a picture of `size` px is made."""
        if not self.bends:
            return size
        angle = math.radians(self.rotate_degrees)
        turned = size * (math.cos(angle) + math.sin(angle)) / self.scale[0]
        needed = math.ceil(turned + 2 * self.elastic_px) + ROOM_PX
        return max(size, needed + (needed - size) % 2)  # as much on one side as on the other


def moved(
    rng: Generator, pictures: Sequence[Pixels], settings: AugmentSettings, size: int
) -> list[Pixels]:
    """The middle of some pictures, `size` px high and wide, all moved in the same way.

    Pictures are (source_px, source_px, 3) uint8; those returned are new arrays.
    """
    stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    if settings.bends:
        stacked = functional.elastic(stacked, _displacement(rng, stacked.shape[-1], settings))
    found = functional.center_crop(stacked, [size, size])
    if settings.flip and rng.random() < 0.5:
        found = functional.horizontal_flip(found)
    if settings.quarter_turns:
        found = torch.rot90(found, int(rng.integers(4)), (2, 3))
    return list(found.permute(0, 2, 3, 1).contiguous().numpy())


def _displacement(rng: Generator, side: int, settings: AugmentSettings) -> Tensor:
    """Where each pixel is taken from, less its own place: (1, side, side, 2), (x, y).

    The unit is half a side.
    """
    angle = math.radians(rng.uniform(-1, 1) * settings.rotate_degrees)
    scale = rng.uniform(*settings.scale)
    axis = np.arange(side, dtype=np.float32) - (side - 1) / 2
    y, x = np.meshgrid(axis, axis, indexing="ij")
    cosine, sine = math.cos(angle) / scale, math.sin(angle) / scale
    from_x, from_y = cosine * x + sine * y - x, cosine * y - sine * x - y
    if settings.elastic_px:
        from_x, from_y = (
            away + settings.elastic_px * _bumps(rng, side, settings.elastic_size_px)
            for away in (from_x, from_y)
        )
    moves = np.stack([from_x, from_y], axis=-1)[None] * (2 / side)
    return torch.from_numpy(moves.astype(np.float32))


def _bumps(rng: Generator, side: int, size_px: float) -> Floats:
    noise = smooth_noise(rng, (side, side), (size_px, size_px))
    return np.asarray(np.clip(noise / MOST_NOISE, -1, 1))


def degraded(rng: Generator, picture: Pixels, settings: AugmentSettings) -> Pixels:
    """The picture, (height, width, 3) uint8, out of focus and noisy: itself or a new array."""
    sigma = rng.uniform(0, settings.blur_px)
    if sigma > 0:
        kernel = 2 * math.ceil(3 * sigma) + 1
        tensor = torch.from_numpy(picture).permute(2, 0, 1)
        blurred = functional.gaussian_blur(tensor, [kernel, kernel], [sigma, sigma])
        picture = blurred.permute(1, 2, 0).contiguous().numpy()
    noise = rng.uniform(0, settings.noise)
    if noise > 0:
        # Torch's noise would come from a generator that training shares.
        grain = rng.standard_normal(picture.shape, dtype=np.float32)
        picture = np.rint(np.clip(picture + np.float32(noise) * grain, 0, 255)).astype(np.uint8)
    return picture
