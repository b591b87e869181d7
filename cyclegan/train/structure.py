"""Nuclei stay where they are in pictures that have no truth: what is dyed is what is stained."""

from __future__ import annotations

from torch import Tensor

from cyclegan.train.density import haematoxylin
from cyclegan.train.nuclear import standing_out
from cyclegan.train.saliency import nuclear_dye

FLAT = 1e-3
"""Standard deviation below which a picture has nothing that stands out."""


def lost_structure(seen: Tensor, output: Tensor) -> Tensor:
    """The mean, over images, of 1 less the correlation of nuclear dye and haematoxylin, 0..2.

    Of both it is what stands out of its surroundings at the size of nuclei, so that neither how
    strongly a slide glows nor what veils it counts. `seen` is a picture as the input `dyes` shows
    it, `output` its translation: (n, 3, height, width) float32 in -1..1.
    """
    dye = standing_out(nuclear_dye(seen)).flatten(1)
    stain = standing_out(haematoxylin(output)).flatten(1)
    dye, stain = (part - part.mean(1, keepdim=True) for part in (dye, stain))
    # Where nothing stands out there is nothing to be lost, and no direction to go.
    spread = dye.square().mean(1).sqrt().clamp_min(FLAT), stain.square().mean(1).add(FLAT**2).sqrt()
    return (1 - (dye * stain).mean(1) / (spread[0] * spread[1])).mean()
