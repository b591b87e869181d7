"""Nuclei stay where they are in pictures that have no truth: what is dyed is what is stained."""

from __future__ import annotations

from torch import Tensor

from cyclegan.train.density import haematoxylin
from cyclegan.train.nuclear import standing_out
from cyclegan.train.saliency import nuclear_dye

FLAT = 0.02
"""Standard deviation of what stands out at which a picture counts half. The noise of a camera has
some thousandths, nuclei have .05 to .25."""


def lost_structure(seen: Tensor, output: Tensor) -> Tensor:
    """The mean, over images, of 1 less the correlation of nuclear dye and haematoxylin, 0..2.

    Of both it is what stands out of its surroundings at the size of nuclei, so that neither how
    strongly a slide glows nor what veils it counts. Where hardly anything stands out there is
    nothing to be lost: else nuclei would be made of noise. `seen` is a picture as the input `dyes`
    shows it, `output` its translation: (n, 3, height, width) float32 in -1..1.
    """
    dye = _centred(standing_out(nuclear_dye(seen)))
    stain = _centred(standing_out(haematoxylin(output)))
    power, painted = dye.square().mean(1), stain.square().mean(1)
    share = power / (power + FLAT**2)
    alike = (dye * stain).mean(1) / (power.clamp_min(1e-12) * (painted + FLAT**2)).sqrt()
    return (share * (1 - alike)).mean()


def _centred(maps: Tensor) -> Tensor:
    values = maps.flatten(1)
    return values - values.mean(1, keepdim=True)
