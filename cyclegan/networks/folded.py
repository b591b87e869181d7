"""A generator whose statistics are fixed, with every norm layer folded into its convolution.

With mean mu and deviation s of a channel, normalising what a convolution gives is another
convolution: weights W / s, bias (b - mu) / s. What is left are convolutions, ReLUs and sums, which
any runtime takes; the result is that of the network with its statistics set, but for rounding.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.networks import Generator
from cyclegan.networks.norm import EPSILON, Statistics
from cyclegan.networks.steps import IMAGE, Operand, Step

Convolution = nn.Conv2d | nn.ConvTranspose2d


class FoldedNetwork(nn.Module):
    """Translates (n, 3, height, width), RGB in -1..1, as `network` does with `statistics` set.

    The network is left as it is: all weights are copies, float32. Takes the sizes that the network
    takes, and can be traced. Raises KeyError when statistics of a layer are missing.
    """

    def __init__(self, network: Generator, statistics: Statistics) -> None:
        super().__init__()
        self.multiple = network.multiple
        self.smallest = network.smallest
        self._steps = [(step.name, step.operands) for step in network.steps()]
        self._features = tuple(network.features)
        # A map that everybody reads through a ReLU is kept rectified.
        reads = [operand for _, operands in self._steps for operand in operands]
        self._both = {operand.map for operand in (*reads, *self._features) if not operand.relu}
        self._folded = nn.ModuleList(
            FoldedStep(step, statistics, relu=step.name not in self._both)
            for step in network.steps()
        )
        self._decoder = deepcopy(network.decoder())
        self.requires_grad_(requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """The translation, of the same shape and range."""
        maps = {IMAGE: x}
        for index, step in enumerate(self._folded):
            name, operands = self._steps[index]
            maps[name] = step([self._read(maps, operand) for operand in operands])
            # Memory is what limits the size of a tile: nothing is kept that nobody reads again.
            maps = {name: maps[name] for name in self._needed_after(index)}
        translated: Tensor = self._decoder([self._read(maps, one) for one in self._features])
        return translated

    def _read(self, maps: dict[str, Tensor], operand: Operand) -> Tensor:
        rectify = operand.relu and operand.map in self._both
        return functional.relu(maps[operand.map]) if rectify else maps[operand.map]

    def _needed_after(self, index: int) -> set[str]:
        made = {IMAGE, *(name for name, _ in self._steps[: index + 1])}
        later = (operand for _, operands in self._steps[index + 1 :] for operand in operands)
        return made & {operand.map for operand in (*later, *self._features)}


class FoldedStep(nn.Module):
    """One step with its padding, convolution and norm in one, and its ReLU if all read it so."""

    def __init__(self, step: Step, statistics: Statistics, *, relu: bool) -> None:
        super().__init__()
        self._sides = (step.padding,) * 4
        self._mode = "reflect" if step.reflect else "constant"
        self._pool = step.pool
        self._relu = relu
        self._convolution = None if step.conv is None else _without_padding(step.conv)
        if self._convolution is not None and step.norm is not None:
            _fold(self._convolution, *statistics[step.name])

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """The map of the step, made of what its operands are."""
        if self._convolution is None:
            made = functools.reduce(torch.add, maps)
        else:
            joined = maps[0] if len(maps) == 1 else torch.cat(tuple(maps), dim=1)
            made = self._convolution(self._padded(joined))
        if self._pool:
            mirrored = functional.pad(made, (1, 1, 1, 1), mode="reflect")
            made = functional.max_pool2d(mirrored, 3, stride=2)
        return functional.relu_(made) if self._relu else made

    def _padded(self, x: Tensor) -> Tensor:
        return functional.pad(x, self._sides, mode=self._mode) if any(self._sides) else x


def _without_padding(convolution: Convolution) -> Convolution:
    copy = deepcopy(convolution)
    if isinstance(copy, nn.Conv2d):
        copy.padding, copy.padding_mode = (0, 0), "zeros"
    return copy


def _fold(convolution: Convolution, mean: Tensor, variance: Tensor) -> None:
    with torch.no_grad():
        scale = (variance.to(convolution.weight.device).double() + EPSILON).rsqrt()
        mean = mean.to(scale)
        bias = torch.zeros_like(mean) if convolution.bias is None else convolution.bias.double()
        is_transposed = isinstance(convolution, nn.ConvTranspose2d)
        along = (1, -1, 1, 1) if is_transposed else (-1, 1, 1, 1)
        weight = convolution.weight.double() * scale.view(along)
    convolution.weight = nn.Parameter(weight.float())
    convolution.bias = nn.Parameter(((bias - mean) * scale).float())
