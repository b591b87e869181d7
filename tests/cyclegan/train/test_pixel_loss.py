"""Differences pixel by pixel and window by window."""

import numpy as np
import pytest
import torch
from scipy.ndimage import zoom
from torch import Tensor

from cyclegan.engines.tensors import to_tensor
from cyclegan.evaluate.similarity import ssim
from cyclegan.train.pixel_loss import dissimilarity, gradient, l1
from tests.cyclegan.arrays import noise

CPU = torch.device("cpu")


def ramp() -> Tensor:
    """Values that rise by 0.01 to the right and by 0.02 down."""
    down, across = torch.arange(20.0) * 0.02, torch.arange(30.0) * 0.01
    return (down[:, None] + across).expand(2, 3, 20, 30)


def test_l1_is_the_distance_of_values() -> None:
    assert l1(torch.ones(1, 3, 5, 5), -torch.ones(1, 3, 5, 5)) == 2


def test_the_gradient_loss_is_blind_to_a_change_of_brightness() -> None:
    assert gradient(ramp() + 0.3, ramp()) == pytest.approx(0, abs=1e-7)


def test_the_gradient_loss_is_the_mean_over_both_directions() -> None:
    assert gradient(ramp(), torch.zeros_like(ramp())) == pytest.approx(0.015)


def test_images_that_are_alike_have_no_dissimilarity() -> None:
    assert dissimilarity(ramp(), ramp()) == pytest.approx(0, abs=1e-6)


def test_a_picture_and_its_negative_are_as_dissimilar_as_can_be() -> None:
    picture = to_tensor(noise(64, 64)[None], CPU)
    assert dissimilarity(-picture, picture) > 1.5


@pytest.mark.parametrize("strength", [0.1, 0.3, 0.8])
def test_dissimilarity_is_close_to_that_of_the_usual_gaussian_window(strength: float) -> None:
    coarse = zoom(noise(13, 13).astype(float), (8, 8, 1), order=3).clip(0, 255)
    mixed = (1 - strength) * coarse + strength * noise(104, 104, 1)
    first, second = mixed.astype(np.uint8), coarse.astype(np.uint8)
    reading = ssim(first, second)
    assert reading is not None
    met = dissimilarity(to_tensor(first[None], CPU), to_tensor(second[None], CPU))
    assert 1 - float(met) == pytest.approx(reading.value, abs=0.05)  # windows differ
