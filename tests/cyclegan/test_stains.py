"""Optical density, separation and colouring."""

import numpy as np
import pytest

from cyclegan.stains import (
    EOSIN,
    HAEMATOXYLIN,
    Colouring,
    optical_density,
    render,
    separate,
    stain_matrix,
)
from tests.cyclegan.arrays import noise


def test_white_has_no_density_and_black_is_finite() -> None:
    density = optical_density(np.array([[0, 255, 25]], dtype=np.uint8))
    assert density[0] == pytest.approx([np.log10(256), 0, np.log10(256 / 26)], abs=1e-6)


def test_stains_are_unit_rows_and_the_residual_is_square_to_both() -> None:
    products = stain_matrix().astype(np.float64) @ stain_matrix().astype(np.float64).T
    assert np.diag(products) == pytest.approx([1, 1, 1], abs=1e-6)
    assert products[2, :2] == pytest.approx([0, 0], abs=1e-6)


def test_separated_stains_give_the_density_back() -> None:
    picture = noise(31, 17)
    back = separate(picture) @ stain_matrix()
    assert np.abs(back - optical_density(picture)).max() < 1e-4  # float32 through an inverse


@pytest.mark.parametrize(("stain", "index"), [(HAEMATOXYLIN, 0), (EOSIN, 1)])
def test_a_pure_stain_is_found_as_itself(stain: tuple[float, float, float], index: int) -> None:
    unit = np.array(stain) / np.linalg.norm(stain)
    picture = np.rint(256 * 10.0 ** (-0.6 * unit) - 1).astype(np.uint8)[None, None]
    wanted = np.zeros(3)
    wanted[index] = 0.6
    assert separate(picture)[0, 0] == pytest.approx(wanted, abs=0.01)  # rounding to 8 bits


def test_nothing_is_drawn_white() -> None:
    nothing = np.zeros((3, 5), dtype=np.float32)
    assert (render(nothing, nothing) == 255).all()


def test_a_pure_nucleus_is_dark_blue_and_full_counterstain_is_pink() -> None:
    one, nothing = np.ones((1, 1), dtype=np.float32), np.zeros((1, 1), dtype=np.float32)
    red, green, blue = (int(part) for part in render(one, nothing)[0, 0])
    assert blue > 130 > red > green
    red, green, blue = (int(part) for part in render(nothing, one)[0, 0])
    assert red > 240 > blue > green > 100


def test_a_given_colouring_is_the_stated_equation() -> None:
    look = Colouring((1, 0.5, 0.2), (0.1, 0.9, 0.4), nuclear_k=2, counterstain_k=1)
    n, c = np.float32(0.4), np.float32(0.7)
    drawn = render(np.full((1, 1), n), np.full((1, 1), c), look)[0, 0]
    light = np.exp(-(2 * n * np.array([1, 0.5, 0.2]) + c * np.array([0.1, 0.9, 0.4])))
    assert drawn.tolist() == np.rint(255 * light).astype(int).tolist()
