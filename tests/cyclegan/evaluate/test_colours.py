"""Colours that are a known distance apart."""

import numpy as np
import pytest

from cyclegan.evaluate.colours import (
    DENSITY,
    EOSIN,
    HAEMATOXYLIN,
    HUE,
    RESIDUAL,
    circular_distance,
    hue,
)
from cyclegan.evaluate.look import Doubles, Look
from cyclegan.evaluate.metric import SetMetric
from cyclegan.evaluate.palette import PALETTE, directions
from cyclegan.stains import stain_matrix

AMOUNTS = np.random.default_rng(0).uniform(0.2, 0.5, (3000, 3)) * (1, 1, 0.2)


def look(amounts: Doubles) -> Look:
    """Pixels with these amounts of haematoxylin, eosin and residual."""
    density = amounts @ stain_matrix().astype(np.float64)
    colours = np.rint(256 * 10**-density - 1).astype(np.uint8)
    return Look(colours, np.empty((0, 0)))


def turned(by: float, width: float = 5) -> Look:
    """Pixels of hues about an angle in degrees."""
    angles = by + np.random.default_rng(0).uniform(-width, width, 2000)
    rgb = 128 + 100 * np.cos(np.radians(angles[:, None] - (0, 120, 240)))
    return Look(np.rint(rgb).astype(np.uint8), np.empty((0, 0)))


@pytest.mark.parametrize(("stain", "metric"), list(enumerate((HAEMATOXYLIN, EOSIN, RESIDUAL))))
@pytest.mark.parametrize("added", [0.0, 0.05, 0.2])
def test_more_of_a_stain_is_that_much_away(stain: int, metric: SetMetric, added: float) -> None:
    more = look(AMOUNTS + added * np.eye(3)[stain])
    assert metric.compare([more], [look(AMOUNTS)]) == pytest.approx(added, abs=0.005)
    others = {HAEMATOXYLIN, EOSIN, RESIDUAL} - {metric}
    for other in others:
        assert other.compare([more], [look(AMOUNTS)]) == pytest.approx(0, abs=0.005)


def test_density_is_the_length_of_the_three() -> None:
    grey, darker = (Look(np.full((50, 3), v, np.uint8), np.empty((0, 0))) for v in (127, 63))
    assert DENSITY.compare([darker], [grey]) == pytest.approx(np.sqrt(3) * np.log10(2), rel=1e-6)


@pytest.mark.parametrize(("by", "degrees"), [(0, 0), (10, 10), (150, 150), (200, 160), (-30, 30)])
def test_hues_are_apart_by_the_shorter_way_round(by: float, degrees: float) -> None:
    found = HUE.compare([turned(350 + by)], [turned(350)])
    assert found == pytest.approx(degrees, abs=1)


def test_hue_is_an_angle_and_grey_has_none() -> None:
    rgb = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 255], [9, 9, 9]], np.uint8)
    assert hue(rgb) == pytest.approx([0, 120, 240, 300])


def test_angles_that_are_spread_out_are_away_from_one_angle_by_their_mean() -> None:
    spread = np.arange(-40.0, 41.0)
    assert circular_distance(spread, np.array([0.0])) == pytest.approx(np.abs(spread).mean())


def test_the_sliced_distance_of_a_shift_is_its_mean_along_the_directions() -> None:
    shift = np.array([0.1, 0.0, 0.2])
    colours = np.random.default_rng(0).integers(120, 200, (3000, 3))
    darker = np.rint((colours + 1) * 10**-shift - 1)
    looks = [Look(c.astype(np.uint8), np.empty((0, 0))) for c in (darker, colours)]
    wanted = np.abs(shift @ directions()).mean()
    assert PALETTE.compare([looks[0]], [looks[1]]) == pytest.approx(wanted, abs=0.002)


def test_directions_are_fixed_and_of_unit_length() -> None:
    assert directions().shape == (3, 64)
    assert np.allclose(np.linalg.norm(directions(), axis=0), 1)
    assert np.array_equal(directions(), directions())


@pytest.mark.parametrize("metric", [HAEMATOXYLIN, DENSITY, HUE, PALETTE])
def test_the_order_of_pixels_and_fields_does_not_matter(metric: SetMetric) -> None:
    first, second = turned(10), look(AMOUNTS)
    backwards = Look(first.colours[::-1], first.textures)
    forwards = metric.compare([first, second], [second])
    assert metric.compare([second, backwards], [second]) == pytest.approx(forwards)
