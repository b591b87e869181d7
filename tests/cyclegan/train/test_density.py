"""Optical density and stains of tensors."""

import numpy as np
import torch

from cyclegan import stains
from cyclegan.engines.tensors import to_tensor
from cyclegan.train.density import haematoxylin, optical_density
from tests.cyclegan.arrays import noise

PICTURE = noise(31, 17)
IMAGE = to_tensor(PICTURE[None], torch.device("cpu"))


def test_the_density_of_a_tensor_is_that_of_its_pixels() -> None:
    met = optical_density(IMAGE)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(met, stains.optical_density(PICTURE), atol=1e-4)


def test_haematoxylin_of_a_tensor_is_that_of_its_pixels() -> None:
    met = haematoxylin(IMAGE)
    assert met.shape == (1, 1, 31, 17)
    np.testing.assert_allclose(met[0, 0].numpy(), stains.separate(PICTURE)[..., 0], atol=1e-3)


def test_density_and_gradient_are_finite_from_black_to_white_and_beyond() -> None:
    image = torch.linspace(-1.5, 1.5, 3 * 64).view(1, 3, 8, 8).requires_grad_()
    found = haematoxylin(image)
    assert found.isfinite().all()
    found.sum().backward()  # type: ignore[no-untyped-call]
    assert image.grad is not None
    assert image.grad.isfinite().all()
    assert image.grad.abs().max() > 0
