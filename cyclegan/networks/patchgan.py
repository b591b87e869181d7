"""The PatchGAN discriminator: whether each patch of 70 px of an image is real.

All lies in one `model` sequence in the order of the public project
(junyanz/pytorch-CycleGAN-and-pix2pix, `NLayerDiscriminator`), so that its weights load as they are.
"""

from __future__ import annotations

from torch import Tensor, nn

from cyclegan.networks.norm import InstanceNorm

CHANNELS = (64, 128, 256, 512)


class PatchGan(nn.Module):
    """Judges (n, 3, height, width), RGB in -1..1, of at least 32 px on each side.

    Each value of the answer, (n, 1, height / 8 - 2, width / 8 - 2), is about another patch of
    70 px, 8 px from the next: it is trained to be 1 for real ones and 0 for translations.
    """

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = CHANNELS
        self.model = nn.Sequential(
            _halving(3, first),
            _leaky(),
            *_normalised(_halving(first, second)),
            *_normalised(_halving(second, third)),
            *_normalised(nn.Conv2d(third, fourth, 4, padding=1)),
            nn.Conv2d(fourth, 1, 4, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """One value for each patch; any number, as LSGAN wants it."""
        judged: Tensor = self.model(x)
        return judged


def _halving(channels_in: int, channels: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels, 4, stride=2, padding=1)


def _normalised(convolution: nn.Conv2d) -> tuple[nn.Module, ...]:
    return convolution, InstanceNorm(), _leaky()


def _leaky() -> nn.LeakyReLU:
    return nn.LeakyReLU(0.2)
