"""The arithmetic of GANILLA-18, counted from its layers; one multiplication and one sum are 2."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cyclegan.networks.ganilla import Ganilla

Hook = Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]

SIDE = 512
"""px; the count per pixel is the same at every multiple of 16."""
TAIL = ("fpn.P2_1", "fpn.P2_2", "conv2")
"""GANILLA's last convolutions, which may be computed where their maps are small."""
FOLDED_TAIL = 2 * (5 * 5 * 64 * 12 / 4 + 3 * 3 * 128 * 48 / 16)
"""FLOP per px of the image: 5 x 5 at half the size, from 64 channels to 3 in four phases, and
3 x 3 at a quarter, from 128 channels to 3 in sixteen."""


def layer_flops() -> dict[str, float]:
    """FLOP per pixel of the image of every convolution of GANILLA-18, by its name.

    Nothing is computed.
    """
    counts: dict[str, float] = {}
    with torch.device("meta"):
        network = Ganilla()
        image = torch.empty((1, 3, SIDE, SIDE))
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(_counting(counts, name))
    network(image)
    return counts


def network_flops() -> float:
    """FLOP per pixel of GANILLA-18 as its layers stand."""
    return sum(layer_flops().values())


def folded_flops() -> float:
    """FLOP per pixel of GANILLA-18 with its last convolutions where their maps are small."""
    layers = layer_flops()
    return sum(layers.values()) - sum(layers[name] for name in TAIL) + FOLDED_TAIL


def _counting(counts: dict[str, float], name: str) -> Hook:
    def count(layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        weights = sum(parameter.numel() for parameter in layer.parameters() if parameter.ndim == 4)
        counts[name] = 2 * weights * output.shape[2] * output.shape[3] / SIDE**2

    return count
