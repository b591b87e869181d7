"""Which colours count as known after a training, and which do not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from cyclegan.familiar import BOXES, Encounters, Familiar
from cyclegan.images.image import Pixels
from cyclegan.images.preview import means
from cyclegan.inputs import INPUTS, View
from cyclegan.models.bundled import SHIPPED, TRAINED
from cyclegan.models.card import read_card
from cyclegan.models.colours import load_colours
from cyclegan.muse import MuseSpec
from cyclegan.rigs import FAMILIES
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.quality import made

RED, GREEN, CYAN, MAGENTA = (1, 0.05, 0.05), (0.05, 1, 0.1), (0, 1, 1), (1, 0, 1)
OUTSIDE: dict[str, MuseSpec] = {
    "green nuclei, red fibres": MuseSpec(nuclear_dye=GREEN, counterstain_dye=RED),
    "red nuclei, green fibres": MuseSpec(nuclear_dye=RED, counterstain_dye=GREEN),
    "cyan nuclei, magenta fibres": MuseSpec(nuclear_dye=CYAN, counterstain_dye=MAGENTA),
}
"""Dyes of no rig that anything was trained on."""


def seen(pixels: Pixels) -> tuple[Pixels, View]:
    """The points of a picture, and how a network that sees dyes is shown it."""
    return means(pixels, 2), INPUTS["dyes"](ArrayReader(pixels))


@cache
def trained() -> Familiar:
    """After some pictures by one microscope."""
    met = Encounters()
    for seed in range(3):
        points, view = seen(made.muse(seed=seed))
        met.add(points, view(points))
    return met.familiar()


def strange_share(familiar: Familiar, pixels: Pixels) -> float:
    points, view = seen(pixels)
    return float(familiar.strange(points, view).mean())


def test_a_hundredth_of_what_was_met_is_strange_at_most() -> None:
    shares = [strange_share(trained(), made.muse(seed=seed)) for seed in range(3)]
    assert np.mean(shares) <= 0.01


def test_another_picture_of_the_same_microscope_is_known_and_other_dyes_are_strange() -> None:
    assert strange_share(trained(), made.muse(seed=3)) < 0.03
    for rig in OUTSIDE.values():
        assert strange_share(trained(), made.muse(rig, seed=3)) > 0.5


def test_what_the_network_sees_counts_beside_what_the_image_shows() -> None:
    points, view = seen(made.muse(seed=1))

    def taken_apart_otherwise(pixels: Pixels) -> Pixels:
        return np.ascontiguousarray(view(pixels)[..., ::-1])

    assert trained().strange(points, view).mean() < 0.03
    assert trained().strange(points, taken_apart_otherwise).mean() > 0.3  # type: ignore[arg-type]


def test_nothing_is_known_after_nothing() -> None:
    assert not Encounters().familiar().known.any()


def test_what_is_known_survives_being_kept_in_bits() -> None:
    assert np.array_equal(Familiar.unpacked(trained().packed()).known, trained().known)
    with pytest.raises(ValueError, match=rf"wanted uint8 \({BOXES // 8},\)"):
        Familiar.unpacked(np.zeros(5, np.uint8))


def test_the_model_that_comes_with_the_program_knows_rigs_of_every_family() -> None:
    familiar = load_colours(read_card(SHIPPED / TRAINED))
    for family in FAMILIES:
        for rig in made.rigs_of(family, 2):
            assert strange_share(familiar, made.muse(rig)) < 0.05, rig


@pytest.mark.parametrize("dyes", OUTSIDE)
def test_the_model_that_comes_with_the_program_does_not_know_dyes_of_no_rig(dyes: str) -> None:
    familiar = load_colours(read_card(SHIPPED / TRAINED))
    assert strange_share(familiar, made.muse(OUTSIDE[dyes])) > 0.15
