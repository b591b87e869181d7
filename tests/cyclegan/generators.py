"""Generators to test with: random weights of a good scale, and networks that do next to nothing."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import Statistics, norm_layers


def random_generator(architecture: str = "ganilla", seed: int = 0, width: int = 64) -> Generator:
    """A generator whose answers use the whole range of colours instead of a flat grey."""
    torch.manual_seed(seed)
    network = GENERATORS[architecture](width)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    for convolution in convolutions:
        # Inputs per output value, so that variance is neither lost nor gained.
        fan_in = convolution.weight[0].numel()
        nn.init.normal_(convolution.weight, std=fan_in**-0.5)
        if convolution.bias is not None:
            nn.init.zeros_(convolution.bias)
    head = head_of(network)
    nn.init.normal_(head.weight, std=0.3 * head.weight[0].numel() ** -0.5)
    return network


def head_of(network: Generator) -> nn.Conv2d:
    """The convolution that makes the image."""
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    return next(c for c in convolutions if c.out_channels == 3)


def as_generator(network: nn.Module) -> Generator:
    """A module in the place of a generator; it has `multiple` and `smallest`."""
    return cast("Generator", network)


class Same(nn.Module):
    """Returns what it is given, at the sizes that GANILLA takes."""

    multiple: ClassVar[int] = 16
    smallest: ClassVar[int] = 32

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[2] % self.multiple == x.shape[3] % self.multiple == 0
        assert min(x.shape[2:]) >= self.smallest
        return x


class Narrow(Same):
    """Runs out of memory when it is given more than `limit` patches at once."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return x


class Loud(Same):
    """Returns what it is given by way of values above the largest of float16."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 1e6 / 1e6


class Broken(Same):
    """Answers with what is no number."""

    def forward(self, x: Tensor) -> Tensor:
        return x * float("nan")


def statistics_of(network: Generator, seed: int = 1) -> Statistics:
    """Statistics that keep the values of a generator in scale: those of a made image, frozen."""
    image = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    image = functional.interpolate(image, size=(64, 96), mode="bilinear")
    found: dict[str, tuple[Tensor, Tensor]] = {}
    handles = [
        layer.register_forward_hook(partial(_keep_moments, found, name))
        for name, layer in norm_layers(network).items()
    ]
    with torch.inference_mode():
        network(image)
    for handle in handles:
        handle.remove()
    return found


def _keep_moments(
    found: dict[str, tuple[Tensor, Tensor]],
    name: str,
    _layer: nn.Module,
    given: tuple[Tensor],
    _made: Tensor,
) -> None:
    variance, mean = torch.var_mean(given[0], dim=(0, 2, 3), correction=0)
    found[name] = mean.clone(), variance.clone()
