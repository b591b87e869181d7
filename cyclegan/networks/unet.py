"""A U-Net generator: down to a sixteenth of the size and up again, beside what each level saw.

    px     channels          down                        up
    1      3, 32             the image ----------------> join, head 3x3, tanh
    1/2    64                7x7 at stride 2, 3x3 -----> join
    1/4    128               3x3 at stride 2, 3x3 -----> join
    1/8    256               3x3 at stride 2, 3x3 -----> join
    1/16   256               3x3 at stride 2, 3x3 ------------^

A join doubles the size by a transposed convolution, puts what the level saw beside the result and
fuses both by a 3x3 convolution. The channels are those of width 64; others scale them.

The form is that of Ronneberger et al. 2015 (doi 10.1007/978-3-319-24574-4_28), which has two
convolutions to a level on the way up, too, and pools in between; strided convolutions for pooling
are from pix2pix (Isola et al. 2017). Unlike both, every convolution but the last is normalised, the
edges are mirrored, and at the full size there is nothing beside the join but the image itself: maps
there would take most of the time and memory. Meant for paired training, where input and output have
their edges in the same places.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.networks.head import Head
from cyclegan.networks.norm import InstanceNorm
from cyclegan.networks.steps import IMAGE, Operand, Step


class Level(nn.Module):
    """Two convolutions, the first of which halves the size."""

    def __init__(self, channels_in: int, channels: int, *, size: int = 3) -> None:
        super().__init__()
        self.conv1 = _mirrored(channels_in, channels, size=size, stride=2)
        self.norm1 = InstanceNorm()
        self.conv2 = _mirrored(channels, channels)
        self.norm2 = InstanceNorm()

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) to (n, channels, h / 2, w / 2)."""
        x = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(x)))

    def steps(self, name: str, x: Operand) -> list[Step]:
        """The level as steps, where `name` is its own name in the network."""
        first, second = f"{name}.norm1", f"{name}.norm2"
        padding = self.conv1.kernel_size[0] // 2
        return [
            Step(first, (x,), self.conv1, padding, norm=self.norm1),
            Step(second, (Operand(first),), self.conv2, padding=1, norm=self.norm2),
        ]


class Join(nn.Module):
    """Doubles a map, and fuses it with one of that size."""

    def __init__(self, channels_in: int, beside: int, channels: int) -> None:
        super().__init__()
        self.widen = nn.ConvTranspose2d(
            channels_in, channels, 3, stride=2, padding=1, output_padding=1, bias=False
        )
        self.norm1 = InstanceNorm()
        self.fuse = _mirrored(channels + beside, channels)
        self.norm2 = InstanceNorm()

    def forward(self, x: Tensor, beside: Tensor) -> Tensor:
        """(n, channels_in, h, w) and (n, beside, 2h, 2w) to (n, channels, 2h, 2w)."""
        x = functional.relu(self.norm1(self.widen(x)))
        return functional.relu(self.norm2(self.fuse(torch.cat((x, beside), dim=1))))

    def steps(self, name: str, x: Operand, beside: Operand) -> list[Step]:
        """The join as steps, where `name` is its own name in the network."""
        first, second = f"{name}.norm1", f"{name}.norm2"
        both = (Operand(first), beside)
        return [
            Step(first, (x,), self.widen, norm=self.norm1),
            Step(second, both, self.fuse, padding=1, norm=self.norm2),
        ]


class Unet(nn.Module):
    """Translates (n, 3, height, width), RGB in -1..1, to the same shape and range.

    Height and width must be multiples of `multiple` and at least `smallest` px. `width` is how many
    channels the first layer has.
    """

    multiple: ClassVar[int] = 16
    smallest: ClassVar[int] = 32
    features: ClassVar[tuple[Operand, ...]] = (Operand("up.3.norm2"),)
    """What the decoder reads."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            [
                Level(3, width, size=7),
                Level(width, 2 * width),
                Level(2 * width, 4 * width),
                Level(4 * width, 4 * width),
            ]
        )
        half = (width + 1) // 2
        self.up = nn.ModuleList(
            [
                Join(4 * width, 4 * width, 4 * width),
                Join(4 * width, 2 * width, 2 * width),
                Join(2 * width, width, width),
                Join(width, 3, half),
            ]
        )
        self.head = _mirrored(half, 3, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        """The translation of a batch of patches."""
        seen = [x]
        for level in self.down:
            seen.append(level(seen[-1]))
        x = seen.pop()
        for join in self.up:
            x = join(x, seen.pop())
        image: Tensor = self.head(x)
        return image.tanh()

    def steps(self) -> list[Step]:
        """Everything up to the head as steps."""
        steps: list[Step] = []
        seen = [Operand(IMAGE, relu=False)]
        for index, level in enumerate(cast("Iterable[Level]", self.down)):
            steps += level.steps(f"down.{index}", seen[-1])
            seen.append(Operand(steps[-1].name))
        x = seen.pop()
        for index, join in enumerate(cast("Iterable[Join]", self.up)):
            steps += join.steps(f"up.{index}", x, seen.pop())
            x = Operand(steps[-1].name)
        return steps

    def decoder(self) -> Head:
        """What turns the map of `features` into the image."""
        return Head(self.head)


def _mirrored(
    channels_in: int, channels: int, *, size: int = 3, stride: int = 1, bias: bool = False
) -> nn.Conv2d:
    return nn.Conv2d(
        channels_in,
        channels,
        size,
        stride=stride,
        padding=size // 2,
        padding_mode="reflect",
        bias=bias,
    )
