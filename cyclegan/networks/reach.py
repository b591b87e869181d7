"""How far a generator sees when its statistics are fixed, measured by letting NaN spread."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from cyclegan.networks import Generator
from cyclegan.networks.norm import norm_layers


def measure_reach(network: Generator) -> int:
    """The farthest px, up, down, left or right, that a pixel of the result depends on.

    The network is not changed.
    """
    thin = _thin(network)
    length = 8 * network.smallest
    while True:
        reach = max(_spread(thin, length, axis=axis) for axis in (2, 3))
        if reach + 2 * network.multiple < length // 2:
            return reach
        length *= 2


class _Summed(nn.Module):
    """A convolution of the sum of all channels, to a single one."""

    def __init__(self, convolution: nn.Conv2d | nn.ConvTranspose2d) -> None:
        super().__init__()
        self._convolution = deepcopy(convolution)
        self._convolution.weight = nn.Parameter(torch.ones_like(convolution.weight[:1, :1]))
        self._convolution.bias = None

    def forward(self, x: Tensor) -> Tensor:
        summed: Tensor = self._convolution(x.sum(dim=1, keepdim=True))
        return summed


def _thin(network: Generator) -> Generator:
    """The network with one channel to each map: it sees as far, and takes a hundredth of the time.

    No weight is 0 in it, which would hide what it is multiplied with.
    """
    thin = deepcopy(network).eval().float().cpu()
    for layer in norm_layers(thin).values():
        layer.statistics = (torch.zeros(1), torch.ones(1))
    for name, module in list(thin.named_modules()):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            parent, _, attribute = name.rpartition(".")
            setattr(thin.get_submodule(parent), attribute, _Summed(module))
    return thin


def _spread(network: Generator, length: int, *, axis: int) -> int:
    shape = [network.multiple, 3, network.smallest, network.smallest]
    shape[axis] = length
    images = torch.zeros(shape)
    for phase, image in enumerate(images):
        image.select(axis - 1, length // 2 + phase).fill_(torch.nan)
    with torch.inference_mode():
        touched = network(images).isnan().any(dim=1).any(dim=5 - axis - 1)  # (phases, length)
    places = torch.arange(length)
    reaches = [
        int((places[row] - length // 2 - phase).abs().max()) for phase, row in enumerate(touched)
    ]
    return max(reaches)
