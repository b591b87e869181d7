"""Differences between a translation and its truth in nuclei, which are few of the pixels.

Images are (n, 3, height, width) float32, RGB of H&E in -1..1; a loss is a scalar.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from cyclegan.train.density import haematoxylin

NUCLEAR = 0.5
"""Concentration of haematoxylin from which on a pixel is all nucleus; below, it is in part."""
BLUR = 5
"""px of the windows over which haematoxylin is averaged: a small nucleus, and more than a shift."""


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
