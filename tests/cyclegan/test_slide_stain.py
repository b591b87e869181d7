"""The stain of one slide redrawn as that of another."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan.images.image import Pixels
from cyclegan.phantom import grow
from cyclegan.slide_stain import (
    CLEAR,
    MAX_WHITE,
    MIN_TOP,
    SlideStain,
    common_stain,
    redraw,
    stain_of,
)
from cyclegan.stains import Floats, Vector, separate, stain_matrix
from tests.cyclegan.arrays import noise


def unit(*parts: float) -> Vector:
    red, green, blue = (float(part) for part in np.array(parts) / np.linalg.norm(parts))
    return red, green, blue


PALE = SlideStain(unit(0.6, 0.7, 0.4), unit(0.1, 0.9, 0.3), (0.5, 0.4))
DARK = SlideStain(unit(0.5, 0.75, 0.45), unit(0.2, 0.85, 0.5), (0.9, 0.5))


def matrix(stain: SlideStain) -> Floats:
    return stain_matrix(stain.haematoxylin, stain.eosin)


def stained(amounts: Floats, stain: SlideStain) -> Pixels:
    """The light through (..., 3) haematoxylin, eosin and residual, in optical density."""
    light = 256 * 10.0 ** -(amounts @ matrix(stain)) - 1
    return np.asarray(np.rint(np.clip(light, 0, 255)).astype(np.uint8))


def slide(stain: SlideStain, seed: int = 1) -> Pixels:
    """Tissue of this stain, apart from that of its glass."""
    tissue = grow(200, 220, seed=seed)
    maps = tissue.nuclear, tissue.counterstain
    amounts = [
        top * one / np.percentile(one, 99) for top, one in zip(stain.tops, maps, strict=True)
    ]
    return stained(np.stack([*amounts, 0 * amounts[0]], axis=-1), stain)


def angle(first: Vector, second: Vector) -> float:
    return float(np.degrees(np.arccos(min(np.dot(first, second), 1.0))))


def assert_alike(found: SlideStain, wanted: SlideStain) -> None:
    # The ends of the fan are where one pixel of a hundred lies, with some of the other stain.
    assert angle(found.haematoxylin, wanted.haematoxylin) < 6
    assert angle(found.eosin, wanted.eosin) < 3
    assert found.tops == pytest.approx(wanted.tops, rel=0.12)


@pytest.mark.parametrize("stain", [PALE, DARK])
def test_the_look_of_a_slide_is_how_it_was_stained(stain: SlideStain) -> None:
    assert_alike(stain_of(slide(stain)), stain)


def test_a_slide_redrawn_has_the_wanted_look() -> None:
    he = slide(PALE)
    assert_alike(stain_of(redraw(he, stain_of(he), DARK)), DARK)


def test_tissue_redrawn_is_what_the_same_tissue_with_that_stain_is() -> None:
    made = redraw(slide(PALE), PALE, DARK)
    assert np.abs(made.astype(int) - slide(DARK)).max() <= 4  # what was rounded is enlarged


@pytest.mark.parametrize("stain", [PALE, DARK, replace(DARK, white=(0.02, 0.01, 0.04))])
def test_redrawn_as_it_is_a_picture_stays_as_it_is(stain: SlideStain) -> None:
    he = noise(40, 40)
    assert np.abs(redraw(he, stain, stain).astype(int) - he).max() <= 1  # float32


def test_glass_is_seen_as_white_and_becomes_white() -> None:
    he = slide(PALE)
    he[:40] = 255
    tinted = np.rint(he * (0.95, 0.97, 0.92)).astype(np.uint8)
    stain = stain_of(tinted)
    wanted = -np.log10((0.95, 0.97, 0.92))
    assert stain.white == pytest.approx(wanted, abs=0.003)
    assert redraw(tinted, stain, DARK)[:40].min() >= 254


def test_where_no_glass_is_the_brightest_tissue_is_not_taken_for_it() -> None:
    stain = stain_of(np.full((30, 30, 3), 150, np.uint8))
    assert stain.white == pytest.approx((MAX_WHITE,) * 3)


def test_red_cells_keep_their_distance_in_hue() -> None:
    amounts = np.array([0.1, 0.6, 0.2], np.float32)
    cell = redraw(stained(amounts, PALE)[None, None], PALE, DARK)
    strength = np.array(DARK.tops) / np.array(PALE.tops)
    beyond = separate(cell, matrix(DARK))[0, 0, 2]
    assert beyond == pytest.approx(0.2 * strength.mean(), abs=0.02)


def test_no_stain_is_changed_more_than_twofold() -> None:
    haematoxylin = stained(np.array([[[0.2, 0.0, 0.0]]], np.float32), PALE)
    faint, strong = replace(PALE, tops=(0.1, 0.1)), replace(PALE, tops=(2.0, 2.0))
    for own, wanted, amount in ((faint, strong, 0.4), (strong, faint, 0.1)):
        made = separate(redraw(haematoxylin, own, wanted), matrix(PALE))
        assert made[0, 0, 0] == pytest.approx(amount, abs=0.01)


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (20, 30)])
def test_a_picture_of_one_colour_has_a_look(level: int, shape: tuple[int, int]) -> None:
    stain = stain_of(np.full((*shape, 3), level, np.uint8))
    assert np.isfinite([*stain.haematoxylin, *stain.eosin, *stain.tops, *stain.white]).all()
    assert min(stain.tops) >= MIN_TOP


def test_the_common_look_is_the_middle_of_all_with_white_glass() -> None:
    middle = replace(PALE, tops=(0.4, 0.5))
    others = (replace(middle, tops=(0.1, 0.7)), replace(DARK, tops=(0.9, 0.0)))
    tinted = [replace(stain, white=(0.05, 0.0, 0.01)) for stain in (*others, middle)]
    found = common_stain(tinted)
    assert found.white == CLEAR
    assert found.tops == middle.tops
    assert angle(found.haematoxylin, middle.haematoxylin) < 0.1
    assert angle(found.eosin, middle.eosin) < 0.1


def test_a_black_frame_does_not_change_the_look() -> None:
    he = slide(PALE)
    assert_alike(stain_of(np.pad(he, ((40, 0), (40, 0), (0, 0)))), stain_of(he))
