"""Mean and variance of the channels of a map that is never seen as a whole."""

from __future__ import annotations

import torch
from torch import Tensor


class Moments:
    """Adds up strips; the sums over strips are float64.

    A variance is the mean square less the squared mean, so values should lie around zero: what
    they have in common would swallow the difference.
    """

    def __init__(self) -> None:
        self._count = 0
        self._sums: list[Tensor] = []
        self._squares: list[Tensor] = []

    def add(self, values: Tensor) -> None:
        """Count values, (rows, columns, channels) float32."""
        self._count += values.shape[0] * values.shape[1]
        # Row by row first, which is how torch sums fastest; its norm along an axis is a third as
        # fast as squares written down.
        self._sums.append(values.sum(1).sum(0, dtype=torch.float64))
        self._squares.append(values.square().sum(1).sum(0, dtype=torch.float64))

    def result(self) -> tuple[Tensor, Tensor]:
        """Mean and biased variance, float64 (channels,); ValueError when nothing was counted."""
        if not self._count:
            raise ValueError("there are no moments of nothing")
        mean = torch.stack(self._sums).sum(0) / self._count
        square = torch.stack(self._squares).sum(0) / self._count
        return mean, (square - mean.square()).clamp_min(0)
