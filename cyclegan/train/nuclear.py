"""Differences between a translation and its truth in nuclei, which are few of the pixels.

Images are (n, 3, height, width) float32, RGB of H&E in -1..1; a loss is a scalar.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from cyclegan.train.density import haematoxylin

NUCLEAR = 0.5
"""Concentration of haematoxylin from which on a pixel is all nucleus; below, it is in part."""
BLUR = 5
"""px of the windows over which haematoxylin is averaged: a small nucleus, and more than a shift."""
NUCLEUS = 3.0
"""Standard deviation, in px, of the blob that a nucleus is: about 2 µm of radius at 0.5 µm."""


def nuclei(output: Tensor, target: Tensor) -> Tensor:
    """The mean absolute difference where either image has nuclei, over all pixels.

    So a nucleus that is missed costs as much as one that is invented.
    """
    stained = haematoxylin(target).maximum(haematoxylin(output.detach()))
    weight = (stained / NUCLEAR).clamp(0, 1)
    return (weight * (output - target).abs()).mean()


def blurred_haematoxylin(output: Tensor, target: Tensor) -> Tensor:
    """The mean absolute difference of haematoxylin, averaged in windows first.

    How much there is counts then, not where in a nucleus it lies.
    """
    difference = haematoxylin(output) - haematoxylin(target)
    return functional.avg_pool2d(difference, BLUR, stride=2).abs().mean()


def nuclear_contrast(output: Tensor, target: Tensor) -> Tensor:
    """The mean absolute difference of how much haematoxylin stands out of its surroundings.

    That is what is left of it by the Laplacian of a Gaussian of `NUCLEUS` px, of the size by which
    nuclei are told apart: two that run into one, one that falls into two and a fibre that comes out
    as a row of them change few pixels by much and these by little, so that other losses let it be.
    """
    return standing_out(haematoxylin(output) - haematoxylin(target)).abs().mean()


def standing_out(maps: Tensor) -> Tensor:
    """How much less than its surroundings each pixel has, at the size of nuclei: below 0 in these.

    Maps are (n, 1, height, width), the result is smaller by the reach of a Laplacian of a Gaussian.
    """
    return functional.conv2d(maps, _laplacian_of_gaussian(NUCLEUS).to(maps))


@lru_cache
def _laplacian_of_gaussian(sigma: float) -> Tensor:
    """(1, 1, size, size), in units of what it is applied to (times sigma²); its sum is 0."""
    reach = math.ceil(3 * sigma)
    along = torch.arange(-reach, reach + 1, dtype=torch.float32)
    squares = (along[:, None] ** 2 + along**2) / sigma**2
    bell = torch.exp(-squares / 2)
    kernel = (squares - 2) * bell / bell.sum()
    return (kernel - kernel.mean())[None, None]
