"""Optical density, separation and colouring."""

import numpy as np
import pytest

from cyclegan.images.image import Pixels
from cyclegan.phantom import grow
from cyclegan.stains import (
    EOSIN,
    HAEMATOXYLIN,
    Colouring,
    Vector,
    fitted_stains,
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


def section(haematoxylin: Vector, eosin: Vector) -> Pixels:
    """Tissue stained by two stains, each of any length."""
    tissue = grow(120, 140, seed=3)
    maps = np.stack([0.8 * tissue.nuclear, 0.5 * tissue.counterstain, 0 * tissue.nuclear], -1)
    light = 256 * 10.0 ** -(maps @ stain_matrix(haematoxylin, eosin)) - 1
    return np.asarray(np.rint(np.clip(light, 0, 255)).astype(np.uint8))


def degrees(first: Vector, second: Vector) -> float:
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.degrees(np.arccos(min(np.dot(first, second) / lengths, 1.0))))


@pytest.mark.parametrize(
    ("haematoxylin", "eosin"),
    [(HAEMATOXYLIN, EOSIN), ((0.5, 0.75, 0.42), (0.1, 0.85, 0.5)), ((0.7, 0.6, 0.3), EOSIN)],
)
def test_the_stains_of_a_slide_are_found(haematoxylin: Vector, eosin: Vector) -> None:
    found = fitted_stains(section(haematoxylin, eosin))
    # The ends of the fan are where one pixel of a hundred lies, with some of the other stain.
    assert degrees(found[0], haematoxylin) < 7
    assert degrees(found[1], eosin) < 3


def test_a_black_frame_is_no_stain() -> None:
    tissue = section(HAEMATOXYLIN, EOSIN)
    framed = np.pad(tissue, ((30, 0), (30, 0), (0, 0)))
    assert degrees(fitted_stains(framed)[0], fitted_stains(tissue)[0]) < 1


def test_what_is_unlike_a_stain_is_not_taken_for_it() -> None:
    green = np.full((40, 40, 3), (90, 200, 90), np.uint8)
    assert fitted_stains(green) == (HAEMATOXYLIN, EOSIN)


@pytest.mark.parametrize("level", [0, 255])
def test_where_nothing_is_stained_the_stains_are_the_usual_ones(level: int) -> None:
    assert fitted_stains(np.full((5, 5, 3), level, np.uint8)) == (HAEMATOXYLIN, EOSIN)
