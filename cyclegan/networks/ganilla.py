"""The GANILLA generator: a ResNet-18 with concatenating skips and a feature-pyramid decoder.

    px     channels
    1      3 -> 64      stem: 7x7                                  FPN out 3x3 -> head 7x7, tanh
    1/2    64           pooling, layer1 --- lateral 1x1 --- (+) ---^
    1/4    128          layer2 ------------ lateral 1x1 --- (+) up
    1/8    128          layer3 ------------ lateral 1x1 --- (+) up
    1/16   256          layer4 ------------ lateral 1x1 -----^ up

The channels are those of the public width, 64; another width scales all of them alike. Attributes
carry the names of the public project (giddyyupp/ganilla, `resnet_fpn`), so that its weights load as
they are. All normalisation is in the encoder; the decoder is linear up to the tanh.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.networks.norm import InstanceNorm
from cyclegan.networks.steps import IMAGE, Operand, Step
from cyclegan.networks.tail import FoldedTail, doubled

LEVELS = ("layer1", "layer2", "layer3", "layer4")


class SkipBlock(nn.Module):
    """Two 3x3 convolutions whose result and shortcut are concatenated and fused by a third."""

    def __init__(self, channels_in: int, channels: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = _conv3x3(channels_in, channels, stride=stride)
        self.norm1 = InstanceNorm()
        self.conv2 = _conv3x3(channels, channels)
        self.norm2 = InstanceNorm()
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.shortcut.append(nn.Conv2d(channels_in, channels, 1, stride=stride, bias=False))
            self.shortcut.append(InstanceNorm())
        # The public weights have the convolution at index 1, behind a padding layer.
        self.final_conv = nn.Sequential(
            nn.Identity(), _conv3x3(2 * channels, channels), InstanceNorm(), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) to (n, channels, h / stride, w / stride)."""
        inner = functional.relu(self.norm1(self.conv1(x)))
        inner = self.norm2(self.conv2(inner))
        fused: Tensor = self.final_conv(torch.cat((inner, self.shortcut(x)), dim=1))
        return fused

    def steps(self, name: str, x: Operand) -> list[Step]:
        """The block as steps, where `name` is its own name in the network."""
        first, second = f"{name}.norm1", f"{name}.norm2"
        steps = [
            Step(first, (x,), self.conv1, padding=1, norm=self.norm1),
            Step(second, (Operand(first),), self.conv2, padding=1, norm=self.norm2),
        ]
        beside = x
        if len(self.shortcut):
            conv, norm = self.shortcut
            beside = Operand(f"{name}.shortcut.1", relu=False)
            steps.append(Step(beside.map, (x,), cast("nn.Conv2d", conv), norm=norm))
        _, conv, norm, _ = self.final_conv
        both = (Operand(second, relu=False), beside)
        last = Step(f"{name}.final_conv.2", both, cast("nn.Conv2d", conv), padding=1, norm=norm)
        return [*steps, last]


class FeaturePyramid(nn.Module):
    """Sums the four levels of the encoder from the coarsest up, then fills in the full size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.P5_1 = nn.Conv2d(4 * width, 2 * width, 1)
        self.P4_1 = nn.Conv2d(2 * width, 2 * width, 1)
        self.P3_1 = nn.Conv2d(2 * width, 2 * width, 1)
        self.P2_1 = nn.Conv2d(width, 2 * width, 1)
        self.P2_2 = _conv3x3(2 * width, width, bias=True)

    def forward(self, x1: Tensor, x2: Tensor, x3: Tensor, x4: Tensor) -> Tensor:
        """Maps at 1/2, 1/4, 1/8 and 1/16 of the size to the full size, of `width` channels."""
        top = self.P2_1(x1) + doubled(self.coarse(x2, x3, x4))
        full: Tensor = self.P2_2(doubled(top))
        return full

    def coarse(self, x2: Tensor, x3: Tensor, x4: Tensor) -> Tensor:
        """The sum of all levels but the finest, at 1/4 of the size, of `2 * width` channels."""
        top = self.P4_1(x3) + doubled(self.P5_1(x4))
        summed: Tensor = self.P3_1(x2) + doubled(top)
        return summed


class GanillaDecoder(nn.Module):
    """The feature pyramid and the linear tail, for whole maps or strips of them."""

    margin: ClassVar[int] = 16

    def __init__(self, pyramid: FeaturePyramid, head: nn.Conv2d) -> None:
        super().__init__()
        self._pyramid = pyramid
        self._tail = FoldedTail(pyramid.P2_1, pyramid.P2_2, head)

    def forward(self, maps: Sequence[Tensor], above: int = 0, below: int = 0) -> Tensor:
        """See `steps.Decoder`; `above` and `below` are multiples of 16 px."""
        finest, *others = maps
        coarse = self._pyramid.coarse(*others)
        return torch.tanh(self._tail(finest, coarse, above // 4, below // 4))


class Ganilla(nn.Module):
    """Translates (n, 3, height, width), RGB in -1..1, to the same shape and range.

    Height and width must be multiples of `multiple` and at least `smallest` px. `width` is how many
    channels the first layer has.
    """

    multiple: ClassVar[int] = 16
    smallest: ClassVar[int] = 32
    features: ClassVar[tuple[Operand, ...]] = tuple(
        Operand(f"{level}.1.final_conv.2") for level in LEVELS
    )
    """What the decoder reads."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, padding=3, padding_mode="reflect")
        self.norm1 = InstanceNorm()
        self.layer1 = _level(width, width, stride=1)
        self.layer2 = _level(width, 2 * width, stride=2)
        self.layer3 = _level(2 * width, 2 * width, stride=2)
        self.layer4 = _level(2 * width, 4 * width, stride=2)
        self.fpn = FeaturePyramid(width)
        self.conv2 = nn.Conv2d(width, 3, 7, padding=3, padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        """The translation of a batch of patches."""
        stem = functional.relu(self.norm1(self.conv1(x)))
        stem = functional.pad(stem, (1, 1, 1, 1), mode="reflect")
        x1 = self.layer1(functional.max_pool2d(stem, 3, stride=2))
        x2 = self.layer2(x1)
        x3 = self.layer3(x2)
        x4 = self.layer4(x3)
        return torch.tanh(self.conv2(self.fpn(x1, x2, x3, x4)))

    def steps(self) -> list[Step]:
        """The encoder as steps."""
        stem = Step(
            "norm1", (Operand(IMAGE, relu=False),), self.conv1, 3, norm=self.norm1, pool=True
        )
        steps = [stem]
        for level in LEVELS:
            for index, block in enumerate(getattr(self, level)):
                steps += block.steps(f"{level}.{index}", Operand(steps[-1].name))
        return steps

    def decoder(self) -> GanillaDecoder:
        """What turns the maps of `features` into the image."""
        return GanillaDecoder(self.fpn, self.conv2)


def _level(channels_in: int, channels: int, *, stride: int) -> nn.Sequential:
    return nn.Sequential(
        SkipBlock(channels_in, channels, stride=stride), SkipBlock(channels, channels, stride=1)
    )


def _conv3x3(channels_in: int, channels: int, *, stride: int = 1, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(
        channels_in, channels, 3, stride=stride, padding=1, padding_mode="reflect", bias=bias
    )
