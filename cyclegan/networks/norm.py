"""The normalisation layer of the generators; it adds no key to a state dict."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

EPSILON = 1e-5
"""Added to the variance inside the root, as in the networks that the public weights come from."""

Statistics = Mapping[str, tuple[Tensor, Tensor]]
"""Mean and biased variance, float32 (channels,), of each norm layer by its name in the network."""


class InstanceNorm(nn.Module):
    """Brings each channel of (n, channels, height, width) to mean 0 and variance 1.

    Mean and (biased) variance are those of the single patch, in training as in evaluation, until
    `statistics` is set: a pair of float32 tensors (channels,), mean and variance, which then hold
    for every patch. There are no parameters and no buffers. All is computed in float32; the result
    has the type of the argument.
    """

    def __init__(self) -> None:
        super().__init__()
        self.statistics: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """The normalised maps, of the same shape, type and memory layout."""
        # torch's own instance_norm turns channels-last maps around and back, which costs a third
        # of the network's time on a CPU.
        maps = x.float()
        if self.statistics is None:
            variance, mean = torch.var_mean(maps, dim=(2, 3), correction=0, keepdim=True)
        else:
            mean, variance = (values.view(1, -1, 1, 1) for values in self.statistics)
        return ((maps - mean) * torch.rsqrt(variance + EPSILON)).to(x.dtype)


def norm_layers(network: nn.Module) -> dict[str, InstanceNorm]:
    """The norm layers of a network by their names in it, in the order of the modules."""
    named = network.named_modules()
    return {name: module for name, module in named if isinstance(module, InstanceNorm)}


def set_statistics(network: nn.Module, statistics: Statistics | None) -> None:
    """Give every norm layer its statistics, or with None those of each patch again.

    Raises KeyError when a layer has none.
    """
    for name, layer in norm_layers(network).items():
        layer.statistics = None if statistics is None else statistics[name]
