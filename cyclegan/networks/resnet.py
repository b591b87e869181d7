"""The ResNet generator of CycleGAN: two steps down, residual blocks at a quarter of the size, up.

Everything lies in one `model` sequence in the order of the public project
(junyanz/pytorch-CycleGAN-and-pix2pix), so that its weights load as they are; that is for its width,
64 channels in the first layer.
"""

from __future__ import annotations

from typing import ClassVar, cast

from torch import Tensor, nn

from cyclegan.networks.head import Head
from cyclegan.networks.norm import InstanceNorm
from cyclegan.networks.steps import IMAGE, Operand, Step

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

    def steps(self, name: str, x: Operand) -> list[Step]:
        """The block as steps, where `name` is its own name in the network."""
        _, conv1, norm1, _, _, conv2, norm2 = self.conv_block
        conv1, conv2 = cast("nn.Conv2d", conv1), cast("nn.Conv2d", conv2)
        first, second = f"{name}.conv_block.2", f"{name}.conv_block.6"
        return [
            Step(first, (x,), conv1, padding=1, norm=norm1),
            Step(second, (Operand(first),), conv2, padding=1, norm=norm2),
            Step(name, (x, Operand(second, relu=False)), None),
        ]


class Resnet(nn.Module):
    """Translates (n, 3, height, width), RGB in -1..1, to the same shape and range.

    Height and width must be multiples of `multiple` and at least `smallest` px. `width` is how many
    channels the first layer has; those in the middle have four times as many.
    """

    multiple: ClassVar[int] = 4
    smallest: ClassVar[int] = 8
    features: ClassVar[tuple[Operand, ...]] = (Operand("model.23"),)
    """What the decoder reads."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.ReflectionPad2d(3),
            *_normalised(nn.Conv2d(3, width, 7)),
            *_normalised(nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)),
            *_normalised(nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1)),
            *(ResidualBlock(4 * width) for _ in range(BLOCKS)),
            *_normalised(_up(4 * width, 2 * width)),
            *_normalised(_up(2 * width, width)),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, 3, 7),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The translation of a batch of patches."""
        translated: Tensor = self.model(x)
        return translated

    def steps(self) -> list[Step]:
        """Everything up to the last norm layer as steps."""
        steps: list[Step] = []
        x = Operand(IMAGE, relu=False)
        for index, module in enumerate(cast("nn.Sequential", self.model[:-3])):
            name = f"model.{index}"
            if isinstance(module, ResidualBlock):
                steps += module.steps(name, x)
                x = Operand(name, relu=False)
            elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                x, step = self._step(index, module, x)
                steps.append(step)
        return steps

    def decoder(self) -> Head:
        """What turns the map of `features` into the image."""
        return Head(cast("nn.Conv2d", self.model[-2]))

    def _step(
        self, index: int, conv: nn.Conv2d | nn.ConvTranspose2d, x: Operand
    ) -> tuple[Operand, Step]:
        name = f"model.{index + 1}"
        padding = 3 if index == 1 else 1 if isinstance(conv, nn.Conv2d) else 0
        step = Step(name, (x,), conv, padding, reflect=index == 1, norm=self.model[index + 1])
        return Operand(name), step


def _normalised(convolution: nn.Module) -> tuple[nn.Module, ...]:
    return convolution, InstanceNorm(), nn.ReLU()


def _up(channels_in: int, channels: int) -> nn.Module:
    return nn.ConvTranspose2d(channels_in, channels, 3, stride=2, padding=1, output_padding=1)
