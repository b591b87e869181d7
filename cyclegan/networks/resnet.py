"""The ResNet generator of CycleGAN: two steps down, residual blocks at a quarter of the size, up.

Everything lies in one `model` sequence in the order of the public project
(junyanz/pytorch-CycleGAN-and-pix2pix), so that its weights load as they are.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from cyclegan.networks.norm import InstanceNorm

BLOCKS = 9


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions whose result is added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            InstanceNorm(),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            InstanceNorm(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) to the same shape."""
        change: Tensor = self.conv_block(x)
        return x + change


class Resnet(nn.Module):
    """Translates (n, 3, height, width), RGB in -1..1, to the same shape and range.

    Height and width must be multiples of `multiple` and at least `smallest` px.
    """

    multiple: ClassVar[int] = 4
    smallest: ClassVar[int] = 8

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.ReflectionPad2d(3),
            *_normalised(nn.Conv2d(3, 64, 7)),
            *_normalised(nn.Conv2d(64, 128, 3, stride=2, padding=1)),
            *_normalised(nn.Conv2d(128, 256, 3, stride=2, padding=1)),
            *(ResidualBlock(256) for _ in range(BLOCKS)),
            *_normalised(_up(256, 128)),
            *_normalised(_up(128, 64)),
            nn.ReflectionPad2d(3),
            nn.Conv2d(64, 3, 7),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The translation of a batch of patches."""
        translated: Tensor = self.model(x)
        return translated


def _normalised(convolution: nn.Module) -> tuple[nn.Module, ...]:
    return convolution, InstanceNorm(), nn.ReLU()


def _up(channels_in: int, channels: int) -> nn.Module:
    return nn.ConvTranspose2d(channels_in, channels, 3, stride=2, padding=1, output_padding=1)
