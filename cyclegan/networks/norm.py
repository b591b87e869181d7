"""The normalisation layer of the generators; it adds no key to a state dict."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-5
"""Added to the variance inside the root, as in the networks that the public weights come from."""


class InstanceNorm(nn.Module):
    """Brings each channel of (n, channels, height, width) to mean 0 and variance 1.

    Mean and (biased) variance are those of the single patch, in training as in evaluation, until
    `statistics` is set: a pair of float32 tensors (channels,), mean and variance, which then hold
    for every patch. There are no parameters and no buffers. Statistics are always computed in
    float32; the result has the type of the argument.
    """

    def __init__(self) -> None:
        super().__init__()
        self.statistics: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """The normalised maps, of the same shape and type."""
        if self.statistics is None:
            return functional.instance_norm(x.float(), eps=EPSILON).to(x.dtype)
        mean, variance = (values.view(1, -1, 1, 1) for values in self.statistics)
        return ((x.float() - mean) * torch.rsqrt(variance + EPSILON)).to(x.dtype)
