"""Blur, haze, uneven light, specks and dust."""

import numpy as np
import pytest
from scipy import ndimage

from cyclegan.optics import blur, falloff, spots


@pytest.mark.parametrize("sigma_px", [0.4, 1.2, 4.6, 6.0, 18.0, 40.0])
def test_a_blur_is_that_of_a_gaussian(sigma_px: float) -> None:
    light = np.zeros((411, 393), dtype=np.float32)
    light[160:230, 140:210] = np.random.default_rng(0).random((70, 70), dtype=np.float32)
    wanted = ndimage.gaussian_filter(light.astype(np.float64), sigma_px, mode="nearest")
    # Lines between the means of blocks leave up to a fiftieth.
    assert np.abs(blur(light, sigma_px) - wanted).max() < 0.025 * wanted.max()


@pytest.mark.parametrize("sigma_px", [1.0, 7.3, 40.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (37, 2), (29, 31)])
def test_even_light_is_not_changed_by_a_blur(shape: tuple[int, int], sigma_px: float) -> None:
    assert blur(np.full(shape, 7, dtype=np.float32), sigma_px) == pytest.approx(7, abs=1e-4)


def test_a_blur_moves_nothing() -> None:
    light = np.zeros((120, 120), dtype=np.float32)
    light[49:74, 32:57] = 1
    for sigma_px in (1.0, 5.0, 9.0):
        centre = ndimage.center_of_mass(blur(light, sigma_px).astype(np.float64))
        assert centre == pytest.approx((61, 44), abs=0.2)


def test_light_falls_off_by_the_shares_that_are_said() -> None:
    ramp = falloff(np.random.default_rng(0), (80, 90), shading=0.4, vignetting=0)
    assert ramp.max() <= 1
    assert ramp.min() >= 0.6
    bowl = falloff(np.random.default_rng(0), (81, 91), shading=0, vignetting=0.3)
    assert bowl[40, 45] == pytest.approx(1)
    assert bowl[0, 0] == pytest.approx(0.7)


def test_there_are_as_many_spots_as_are_said() -> None:
    drawn = spots(np.random.default_rng(1), (500, 500), per_mpx=400, sigma_px=1.0)
    assert ndimage.label(drawn > 0.3)[1] == pytest.approx(100, abs=30)
    assert drawn.max() <= 1


def test_no_spots_are_nothing() -> None:
    assert not spots(np.random.default_rng(1), (50, 50), per_mpx=0, sigma_px=1.0).any()


def test_a_spot_is_round_and_within_a_factor_of_two_of_the_size_that_is_said() -> None:
    drawn = spots(np.random.default_rng(7), (300, 300), per_mpx=30, sigma_px=8.0)
    y, x = np.unravel_index(drawn.argmax(), drawn.shape)
    # What is brighter than exp(-1/2) of the middle lies within one standard deviation.
    inside = drawn > 0.607 * drawn.max()
    assert inside[y].sum() == pytest.approx(inside[:, x].sum(), abs=1)
    assert 2 * 4 <= inside[y].sum() <= 2 * 16 + 1
