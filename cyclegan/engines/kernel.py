"""The convolution of one step, made ready for maps that are not yet normalised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.networks.norm import EPSILON
from cyclegan.networks.steps import Operand, Step

Moment = tuple[Tensor, Tensor]
"""Mean and biased variance, float32 (channels,)."""


def is_folded(step: Step) -> bool:
    """Whether the kernel of a step normalises what it reads, so that it must be given `raw` maps.

    It can where no zeros come between; a transposed convolution finds some behind the edges.
    """
    return isinstance(step.conv, nn.Conv2d) and (step.reflect or not step.padding)


def spacing(step: Step) -> int:
    """Of how many values on each axis the kernel is given one: a 1 x 1 kernel reads no others."""
    if isinstance(step.conv, nn.Conv2d) and step.conv.kernel_size == (1, 1):
        return step.conv.stride[0]
    return 1


def raw(values: Tensor, operand: Operand, moments: Mapping[str, Moment]) -> Tensor:
    """A map, (..., channels), as a kernel that normalises it takes it.

    To raise what is below the mean to the mean and then to normalise is what a ReLU after the norm
    does, in one pass less.
    """
    if not operand.relu:
        return values
    return (
        torch.maximum(values, moments[operand.map][0]) if operand.map in moments else values.relu()
    )


def normalised(values: Tensor, operand: Operand, moments: Mapping[str, Moment]) -> Tensor:
    """A map, (..., channels), as the network reads it."""
    if operand.map in moments:
        mean, variance = moments[operand.map]
        scale = torch.rsqrt(variance + EPSILON)
        values = torch.addcmul(-mean * scale, values, scale)
        return values.relu_() if operand.relu else values
    return values.relu() if operand.relu else values


class Kernel:
    """Convolves the operands of a step, each with its part of the weights, and adds the results.

    `moments` are those of the maps so far. What comes out is shifted to be zero in the mean of the
    first strip, which normalising takes back: sums of squares stay exact.
    """

    def __init__(self, step: Step, moments: Mapping[str, Moment], channels: Sequence[int]) -> None:
        if step.conv is None:
            raise ValueError(f"the step {step.name} has no convolution")
        self._is_transposed = isinstance(step.conv, nn.ConvTranspose2d)
        self._stride = step.conv.stride[0] // spacing(step)
        weight = step.conv.weight.detach()
        bias = step.conv.bias
        self._bias = weight.new_zeros(step.conv.out_channels) if bias is None else bias.detach()
        axis = 0 if self._is_transposed else 1
        parts = torch.split(weight, list(channels), dim=axis)
        self._weights = [
            self._part(step, index, part, moments).contiguous(memory_format=torch.channels_last)
            for index, part in enumerate(parts)
        ]
        self.shift: Tensor | None = None
        """What was taken from every value, float32 (channels,); None before the first strip."""

    def __call__(self, maps: Sequence[Tensor], rows: int) -> Tensor:
        """The first `rows` rows of the raw map without padding, (1, channels, rows, width)."""
        made = self._convolve(maps[0], self._weights[0], self._bias)[:, :, :rows]
        for one, weight in zip(maps[1:], self._weights[1:], strict=True):
            made += self._convolve(one, weight, None)[:, :, :rows]
        if self.shift is None:
            self.shift = made.mean((0, 2, 3))
            self._bias = self._bias - self.shift
            made -= self.shift.view(1, -1, 1, 1)
        return made

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self._is_transposed:
            return functional.conv_transpose2d(x, weight, bias, 2, 1, 1)
        return functional.conv2d(x, weight, bias, stride=self._stride)

    def _part(
        self, step: Step, index: int, weight: Tensor, moments: Mapping[str, Moment]
    ) -> Tensor:
        """The weights of an operand; if it comes raw, what normalising subtracts is in the bias."""
        name = step.operands[index].map
        if name not in moments or not is_folded(step):
            return weight
        mean, variance = moments[name]
        folded = weight * torch.rsqrt(variance + EPSILON).view(1, -1, 1, 1)
        self._bias = self._bias - (folded.sum((2, 3)) @ mean)
        return folded
