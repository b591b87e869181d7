"""Empty glass stays white: haze must not become a veil of stain."""

from __future__ import annotations

from torch import Tensor

from cyclegan.train.density import optical_density

WHITE_DENSITY = 0.05
"""Mean optical density of the three channels up to which a pixel is white: 228 of 255."""


def stained_glass(output: Tensor, target: Tensor) -> Tensor:
    """The mean, over all pixels, of the density that the output has where the target is white.

    Density up to `WHITE_DENSITY` is free. Images are (n, 3, height, width) float32 in -1..1.
    """
    is_white = optical_density(target).mean(1) < WHITE_DENSITY
    excess = (optical_density(output).mean(1) - WHITE_DENSITY).clamp_min(0)
    return (is_white * excess).mean()
