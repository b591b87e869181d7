"""Mean and variance of the channels of a map that is never seen as a whole."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Part(NamedTuple):
    """What is known of some values."""

    number: int
    """How many of each channel."""
    mean: Tensor
    """Float64 (channels,)."""
    variance: Tensor
    """Biased."""


def part_of(values: Tensor) -> Part:
    """Mean and variance of values, (rows, columns, channels) float32."""
    rows, columns, _ = values.shape
    # The fastest that torch has for this: it takes the channels last and writes nothing.
    mean, variance = torch.batch_norm_update_stats(values.permute(2, 0, 1)[None], None, None, 0)
    return Part(rows * columns, mean.double(), variance.double())


class Moments:
    """Adds up strips in float64.

    A variance is the mean square less the squared mean, so values should lie around zero: what
    they have in common would swallow the difference.
    """

    def __init__(self) -> None:
        self._parts: list[Part] = []

    def add(self, part: Part) -> None:
        """Count the values of another strip."""
        self._parts.append(part)

    def result(self) -> tuple[Tensor, Tensor]:
        """Mean and biased variance, float64 (channels,); ValueError when nothing was counted."""
        count = sum(part.number for part in self._parts)
        if not count:
            raise ValueError("there are no moments of nothing")
        parts = [(part.number / count, part.mean, part.variance) for part in self._parts]
        mean = torch.stack([share * mean for share, mean, _ in parts]).sum(0)
        square = torch.stack([share * (var + mean.square()) for share, mean, var in parts]).sum(0)
        return mean, (square - mean.square()).clamp_min(0)
