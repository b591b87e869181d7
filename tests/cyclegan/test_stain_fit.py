"""The two stains of a slide."""

import numpy as np
import pytest

from cyclegan.images.image import Pixels
from cyclegan.phantom import grow
from cyclegan.stain_fit import fitted_stains
from cyclegan.stains import EOSIN, HAEMATOXYLIN, Vector, stain_matrix


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
