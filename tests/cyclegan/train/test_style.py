"""The stain of one slide redrawn as that of another."""

from dataclasses import astuple, replace

import numpy as np
import pytest

from cyclegan.images.image import Pixels
from cyclegan.phantom import grow
from cyclegan.stains import Floats, separate, stain_matrix
from cyclegan.train.style import MAX_WHITE, MIN_TOP, Look, common_look, look_of, redraw
from tests.cyclegan.arrays import noise

PALE = Look(0.5, 0.4, 0.1, -0.05)
DARK = Look(0.9, 0.5, -0.1, 0.1)


def stained(amounts: Floats) -> Pixels:
    """The light through (..., 3) haematoxylin, eosin and residual, in optical density."""
    light = 256 * 10.0 ** -(amounts @ stain_matrix()) - 1
    return np.asarray(np.rint(np.clip(light, 0, 255)).astype(np.uint8))


def slide(look: Look, seed: int = 1) -> Pixels:
    """Tissue of this look, apart from that of its glass."""
    tissue = grow(200, 220, seed=seed)
    maps = tissue.nuclear, tissue.counterstain
    first, second = (one / np.percentile(one, 99) for one in maps)
    amounts = np.stack([look.haematoxylin * first, look.eosin * second, 0 * first], axis=-1)
    tints = np.array([look.haematoxylin_tint, look.eosin_tint])
    amounts[..., 2] = amounts[..., :2] @ tints
    return stained(amounts)


@pytest.mark.parametrize("look", [PALE, DARK])
def test_the_look_of_a_slide_is_how_it_was_stained(look: Look) -> None:
    found = look_of(slide(look))
    assert astuple(found)[:4] == pytest.approx(astuple(look)[:4], abs=0.02)


def test_a_slide_redrawn_has_the_wanted_look() -> None:
    he = slide(PALE)
    found = look_of(redraw(he, look_of(he), DARK))
    assert astuple(found)[:4] == pytest.approx(astuple(DARK)[:4], abs=0.03)


def test_tissue_redrawn_is_what_the_same_tissue_with_that_stain_is() -> None:
    made = redraw(slide(PALE), PALE, DARK)
    assert np.abs(made.astype(int) - slide(DARK)).max() <= 4  # what was rounded is enlarged


@pytest.mark.parametrize("look", [PALE, DARK, replace(DARK, red=0.02, green=0.01, blue=0.04)])
def test_redrawn_as_it_is_a_picture_stays_as_it_is(look: Look) -> None:
    he = noise(40, 40)
    assert np.abs(redraw(he, look, look).astype(int) - he).max() <= 1  # float32


def test_glass_is_seen_as_white_and_becomes_white() -> None:
    he = slide(PALE)
    he[:40] = 255
    tinted = np.rint(he * (0.95, 0.97, 0.92)).astype(np.uint8)
    look = look_of(tinted)
    wanted = -np.log10((0.95, 0.97, 0.92))
    assert (look.red, look.green, look.blue) == pytest.approx(wanted, abs=0.003)
    assert redraw(tinted, look, DARK)[:40].min() >= 254


def test_where_no_glass_is_the_brightest_tissue_is_not_taken_for_it() -> None:
    look = look_of(np.full((30, 30, 3), 150, np.uint8))
    assert (look.red, look.green, look.blue) == pytest.approx((MAX_WHITE,) * 3)


def test_red_cells_keep_their_distance_in_hue() -> None:
    amounts = np.array([0.1, 0.6, 0.0], np.float32)
    amounts[2] = amounts[:2] @ np.array(astuple(PALE)[2:4]) + 0.3  # redder than the stains
    (cell,) = separate(redraw(stained(amounts)[None, None], PALE, DARK))[0]
    beyond = cell[2] - cell[:2] @ np.array(astuple(DARK)[2:4])
    strength = (DARK.haematoxylin / PALE.haematoxylin + DARK.eosin / PALE.eosin) / 2
    assert beyond == pytest.approx(0.3 * strength, abs=0.02)


def test_no_stain_is_changed_more_than_twofold() -> None:
    haematoxylin = stained(np.array([[[0.2, 0.0, 0.0]]], np.float32))
    faint, strong = Look(0.1, 0.1, 0, 0), Look(2.0, 2.0, 0, 0)
    assert separate(redraw(haematoxylin, faint, strong))[0, 0, 0] == pytest.approx(0.4, abs=0.01)
    assert separate(redraw(haematoxylin, strong, faint))[0, 0, 0] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (20, 30)])
def test_a_picture_of_one_colour_has_a_look(level: int, shape: tuple[int, int]) -> None:
    look = look_of(np.full((*shape, 3), level, np.uint8))
    assert np.isfinite(astuple(look)).all()
    assert min(look.haematoxylin, look.eosin) >= MIN_TOP


def test_the_common_look_is_the_middle_of_all_with_white_glass() -> None:
    middle = Look(0.4, 0.5, 0.1, 0.2)
    others = (
        replace(middle, haematoxylin=0.1, eosin=0.7),
        replace(middle, haematoxylin=0.9, eosin=0),
    )
    tinted = [replace(look, red=0.05, blue=0.01) for look in (*others, middle)]
    assert common_look(tinted) == middle
