"""Seams that were put there."""

import numpy as np
import pytest

from cyclegan.evaluate.field import Lines
from cyclegan.evaluate.seams import SEAM_INDEX, TILE_MISMATCH, seam_index
from cyclegan.images.image import Pixels
from tests.cyclegan.arrays import noise
from tests.cyclegan.evaluate.pictures import field_of, flat

LINES = Lines(rows=(64, 128, 192), columns=(64, 128, 192))


def patched(by: int) -> Pixels:
    """Noise whose patches of 64 px are darker by turns."""
    picture = noise(200, 200) // 4 + 100
    y, x = np.mgrid[:200, :200] // 64
    picture[(y + x) % 2 == 1] -= np.uint8(by)
    return picture


def test_a_step_at_a_line_is_told_from_those_beside_it() -> None:
    ramp = np.repeat(np.arange(0, 200, dtype=np.uint8)[:, None, None], 50, axis=1).repeat(3, axis=2)
    ramp[100:] += 9  # a step of 10 where all others are 1, in one direction of two
    assert seam_index(ramp, Lines(rows=(100,))) == pytest.approx(10)
    assert seam_index(ramp, Lines(rows=(90,))) == pytest.approx(1)


def test_a_picture_without_seams_is_about_one() -> None:
    reading = SEAM_INDEX.measure(field_of(patched(0), given=noise(200, 200, 1), lines=LINES))
    assert reading is not None
    assert reading.value == pytest.approx(1, abs=0.05)


def test_seams_are_above_one_and_more_so_the_stronger_they_are() -> None:
    given = patched(0)
    found = [SEAM_INDEX.measure(field_of(patched(by), given=given, lines=LINES)) for by in (20, 40)]
    assert found[0] is not None
    assert found[1] is not None
    assert 1.15 < found[0].value < found[1].value


def test_the_grid_of_a_network_is_no_seam() -> None:
    stripes = patched(0)
    stripes[::16] = 0
    assert seam_index(stripes, LINES) == pytest.approx(1, abs=0.1)


def test_a_line_in_tissue_beside_much_glass_is_no_seam() -> None:
    slide = np.full((400, 300, 3), 250, dtype=np.uint8)
    slide[60:260] = noise(200, 300)
    assert seam_index(slide, Lines(rows=(160,))) == pytest.approx(1, abs=0.1)


def mosaic(by: int, *, at: int = 100) -> Pixels:
    """A ramp of steps of 1 with a step of `by` at a line."""
    ramp = np.arange(200) + (np.arange(200) >= at) * (by - 1)
    return np.broadcast_to(ramp[:, None, None], (200, 50, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("made", "given", "index"),
    [
        (10, 1, 10),  # a seam of the translation
        (10, 10, 1),  # a step that was there
        (30, 10, 3),  # a seam where a step was, too
        (4, 10, 1),  # a step that was there, made weaker
        (1, 10, 1),  # a step that was there, taken away
    ],
)
def test_a_step_counts_as_far_as_the_input_does_not_have_it(
    made: int, given: int, index: float
) -> None:
    field = field_of(mosaic(made), given=mosaic(given), lines=Lines(rows=(100,)))
    reading = SEAM_INDEX.measure(field)
    assert reading is not None
    assert reading.value == pytest.approx(index)


def test_a_step_of_the_input_beside_the_lines_explains_no_seam() -> None:
    field = field_of(mosaic(10), given=mosaic(10, at=120), lines=Lines(rows=(100,)))
    reading = SEAM_INDEX.measure(field)
    assert reading is not None
    assert reading.value == pytest.approx(10)


def smooth_at_the_line() -> Pixels:
    picture = noise(200, 50)
    picture[100] = picture[99] // 2 + picture[100] // 2
    return picture


@pytest.mark.parametrize("given", [flat(200, 50, 0), mosaic(0), smooth_at_the_line()])
def test_an_input_that_is_smooth_at_the_lines_makes_no_seams(given: Pixels) -> None:
    field = field_of(mosaic(1), given=given, lines=Lines(rows=(100,)))
    reading = SEAM_INDEX.measure(field)
    assert reading is not None
    assert reading.value == pytest.approx(1)


def test_one_tile_has_no_seams() -> None:
    assert SEAM_INDEX.measure(field_of(noise(50, 50))) is None
    assert TILE_MISMATCH.measure(field_of(noise(50, 50))) is None


def test_the_mismatch_is_how_much_a_place_differs_in_two_tiles() -> None:
    pairs = ((flat(10, 10, 50), flat(10, 10, 53)), (flat(10, 30, 9), flat(10, 30, 8)))
    reading = TILE_MISMATCH.measure(field_of(noise(9, 9), twice=pairs))
    assert reading is not None
    assert reading.value == pytest.approx(0.25 * 3 + 0.75 * 1)
