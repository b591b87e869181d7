"""The losses of paired training by name: a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from cyclegan.train.glass import stained_glass
from cyclegan.train.nuclear import blurred_haematoxylin, nuclear_contrast, nuclei
from cyclegan.train.pixel_loss import dissimilarity, gradient, l1
from cyclegan.train.red_cells import red_cell_difference

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "l1": l1,
    "gradient": gradient,
    "ssim": dissimilarity,
    "nuclei": nuclei,
    "haematoxylin": blurred_haematoxylin,
    "contrast": nuclear_contrast,
    "glass": stained_glass,
    "red_cells": red_cell_difference,
}
"""Each takes the output and the target, (n, 3, height, width) in -1..1, and gives a scalar >= 0."""
