"""The adversarial losses of LSGAN (Mao et al. 2017), of what a discriminator says.

It is to say 1 of a real image and 0 of a translation, for each patch of it.
"""

from __future__ import annotations

from torch import Tensor


def generator_loss(of_fake: Tensor) -> Tensor:
    """How far a discriminator is from taking translations for real images, a scalar."""
    return (of_fake - 1).square().mean()


def discriminator_loss(of_real: Tensor, of_fake: Tensor) -> Tensor:
    """How far it is from telling them apart, a scalar: 0.25 where it says 0.5 of everything."""
    return ((of_real - 1).square().mean() + of_fake.square().mean()) / 2
