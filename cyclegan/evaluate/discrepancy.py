"""How far textures are from real ones: the maximum mean discrepancy of handcrafted features."""

from __future__ import annotations

import numpy as np

from cyclegan.evaluate.frechet import between_textures
from cyclegan.evaluate.look import Doubles
from cyclegan.evaluate.metric import SetMetric


def squared_discrepancy(first: Doubles, second: Doubles) -> float:
    """The unbiased estimate of MMD² with the kernel (x·y / features + 1)³; it can be below 0."""
    m, n = len(first), len(second)
    within = [
        (kernel.sum() - np.trace(kernel)) / (len(rows) * (len(rows) - 1))
        for rows in (first, second)
        for kernel in (_kernel(rows, rows),)
    ]
    return float(sum(within) - 2 * _kernel(first, second).sum() / (m * n))


def _kernel(first: Doubles, second: Doubles) -> Doubles:
    return np.asarray((first @ second.T / first.shape[1] + 1) ** 3)


DISCREPANCY = SetMetric(
    title="Texture, MMD²",
    unit="",
    better="lower",
    meaning="Unbiased squared maximum mean discrepancy of the same features, with a kernel of "
    "third degree. It does not grow when patches are few, but scatters about 0 then.",
    compare=between_textures(squared_discrepancy),
)
