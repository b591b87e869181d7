"""How far a generator sees when its statistics are fixed, measured by letting NaN spread."""

from __future__ import annotations

from copy import deepcopy

import torch

from cyclegan.networks import Generator
from cyclegan.networks.norm import norm_layers


def measure_reach(network: Generator) -> int:
    """The farthest px, up, down, left or right, that a pixel of the result depends on.

    The network is not changed.
    """
    copy = deepcopy(network).eval()
    for layer in norm_layers(copy).values():
        layer.statistics = (torch.zeros(1), torch.ones(1))
    length = 2 * network.smallest
    while True:
        reach = max(_spread(copy, length, axis=axis) for axis in (2, 3))
        if reach + 2 * network.multiple < length // 2:
            return reach
        length *= 2


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
