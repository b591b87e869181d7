"""Red cells come out red: they are so few that the mean over all pixels lets them be pink."""

from __future__ import annotations

from torch import Tensor

from cyclegan.train.density import eosin, haematoxylin

EOSIN = (0.5, 0.75)
"""Concentration from which on a pixel may be of a red cell, and is one."""
HAEMATOXYLIN = 0.3
"""Concentration from which on it is of a nucleus."""
FEW = 100.0
"""px of red cells in an image of which each counts half of what it does among very few."""


def red_cell_difference(output: Tensor, target: Tensor) -> Tensor:
    """The mean absolute difference over the pixels where the target has red cells, in each image.

    Those are much eosin and no haematoxylin. The mean over images counts those without any as 0.
    Images are (n, 3, height, width) float32 in -1..1.
    """
    least, most = EOSIN
    is_red = ((eosin(target) - least) / (most - least)).clamp(0, 1)
    is_red = is_red * (1 - haematoxylin(target) / HAEMATOXYLIN).clamp(0, 1)
    difference = (output - target).abs().mean(1, keepdim=True)
    every = (1, 2, 3)
    return ((is_red * difference).sum(every) / (is_red.sum(every) + FEW)).mean()
