"""Dyes estimated from colours alone."""

import numpy as np
import pytest
from scipy.optimize import nnls

from cyclegan.dyes import NO_DYE, Dyes, estimate, unmix
from cyclegan.images.image import Pixels
from cyclegan.muse import CLEAN, MuseSpec
from cyclegan.noise import smooth_noise
from cyclegan.phantom import Tissue, grow
from cyclegan.simulate import expose
from cyclegan.stains import Vector

RIGS = {
    "blue on orange": MuseSpec(),
    "blue on orange, pure": MuseSpec(nuclear_dye=(0, 0, 1), counterstain_dye=(1, 0.45, 0.15)),
    "pink on red-brown": MuseSpec(nuclear_dye=(0.9, 0.5, 0.45), counterstain_dye=(1, 0.4, 0.1)),
    "orange on green": MuseSpec(nuclear_dye=(1, 0.5, 0.25), counterstain_dye=(0.4, 0.8, 0.1)),
    "red on green, no blue": MuseSpec(nuclear_dye=(1, 0.3, 0), counterstain_dye=(0.3, 0.9, 0)),
    "blue-green on magenta": MuseSpec(nuclear_dye=(0, 0.43, 1), counterstain_dye=(1, 0.1, 1)),
    "cyan on yellow": MuseSpec(nuclear_dye=(0, 0.9, 1), counterstain_dye=(1, 0.9, 0.05)),
}


@pytest.fixture(scope="module")
def tissue() -> Tissue:
    return grow(400, 500, seed=2)


def sampled(picture: Pixels) -> Pixels:
    return picture.reshape(-1, 1, 3)


def degrees(first: Vector, second: Vector) -> float:
    a, b = np.array(first), np.array(second)
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


def found(tissue: Tissue, spec: MuseSpec) -> Dyes:
    return estimate(sampled(expose(tissue.nuclear, tissue.counterstain, spec).muse))


@pytest.mark.parametrize("spec", RIGS.values(), ids=RIGS.keys())
def test_both_dyes_are_found_and_told_apart(tissue: Tissue, spec: MuseSpec) -> None:
    dyes = found(tissue, spec)
    # Haze mixes the dyes of neighbours, so that no pixel is quite pure.
    assert degrees(dyes.nuclear, spec.nuclear_dye) < 14
    assert degrees(dyes.counterstain, spec.counterstain_dye) < 8


def test_the_clean_model_gives_its_numbers_back(tissue: Tissue) -> None:
    dyes = found(tissue, CLEAN)
    assert dyes.background == pytest.approx(CLEAN.ambient, abs=1)
    assert degrees(dyes.nuclear, CLEAN.nuclear_dye) < 3
    assert degrees(dyes.counterstain, CLEAN.counterstain_dye) < 1


@pytest.mark.parametrize(
    ("colour", "nuclear"), [((0, 0, 1), True), ((1, 1, 1), True), ((1, 0.4, 0), False)]
)
def test_a_single_dye_is_nuclear_when_blue_or_grey(
    tissue: Tissue, colour: Vector, nuclear: bool
) -> None:
    nothing = np.zeros_like(tissue.nuclear)
    spec = MuseSpec(nuclear_dye=colour, ambient=(9, 9, 9))
    dyes = estimate(sampled(expose(tissue.nuclear, nothing, spec).muse))
    assert [dyes.nuclear == NO_DYE, dyes.counterstain == NO_DYE] == [not nuclear, nuclear]


@pytest.mark.parametrize("level", [0, 7, 130, 255])
def test_a_picture_of_one_colour_has_no_dye(level: int) -> None:
    dyes = estimate(np.full((50, 9, 3), level, dtype=np.uint8))
    assert {dyes.nuclear, dyes.counterstain} == {NO_DYE}
    assert dyes.background == (level, level, level)


def test_a_bright_background_is_background(tissue: Tissue) -> None:
    spec = MuseSpec(ambient=(70, 60, 60), nuclear_level=150, counterstain_level=120, haze=0.2)
    assert found(tissue, spec).background == pytest.approx((75, 63, 63), abs=12)


def test_tissue_without_gaps_is_not_all_background(tissue: Tissue) -> None:
    uneven = smooth_noise(np.random.default_rng(0), tissue.nuclear.shape, (40, 40))
    covered = np.clip(0.4 + 0.15 * uneven + 0.6 * tissue.counterstain, 0.1, 1)
    muse = expose(tissue.nuclear, covered, MuseSpec(ambient=(40, 30, 35))).muse
    dyes = estimate(sampled(muse))
    amount = unmix(
        muse.reshape(-1, 3) - np.array(dyes.background), np.array([dyes.nuclear, dyes.counterstain])
    )
    assert np.percentile(amount[:, 1] / dyes.counterstain_range[1], 2) > 0.05


def test_white_paper_around_the_tissue_is_told(tissue: Tissue) -> None:
    muse = expose(tissue.nuclear, tissue.counterstain).muse.copy()
    assert not estimate(sampled(muse)).paper
    muse[:, :100] = 255
    assert estimate(sampled(muse)).paper


def test_given_colours_are_kept(tissue: Tissue) -> None:
    muse = expose(tissue.nuclear, tissue.counterstain).muse
    dyes = estimate(
        sampled(muse), background=(1, 2, 3), nuclear=(0, 0, 2), counterstain=(1, 0.5, 0)
    )
    assert list(dyes.background) == [1, 2, 3]
    assert list(dyes.nuclear) == [0, 0, 1]
    assert degrees(dyes.counterstain, (1, 0.5, 0)) < 1e-3


def test_a_found_dye_that_equals_the_given_one_is_dropped(tissue: Tissue) -> None:
    nothing = np.zeros_like(tissue.nuclear)
    orange = expose(nothing, tissue.counterstain, CLEAN).muse
    dyes = estimate(sampled(orange), nuclear=CLEAN.counterstain_dye)
    assert dyes.counterstain == NO_DYE


def test_unmixing_returns_what_was_mixed() -> None:
    rng = np.random.default_rng(0)
    dyes = np.array([[0.2, 0.3, 0.9], [0.9, 0.4, 0.1]])
    dyes /= np.linalg.norm(dyes, axis=1, keepdims=True)
    amounts = rng.uniform(0, 200, (500, 2))
    assert unmix(amounts @ dyes, dyes) == pytest.approx(amounts)


def test_unmixing_is_the_non_negative_least_squares_solution() -> None:
    rng = np.random.default_rng(1)
    dyes = np.array([[0.1, 0.5, 0.8], [0.7, 0.6, 0.2]])
    dyes /= np.linalg.norm(dyes, axis=1, keepdims=True)
    signal = rng.normal(0, 50, (200, 3))
    wanted = [nnls(dyes.T, row)[0] for row in signal]
    assert unmix(signal, dyes) == pytest.approx(np.array(wanted), abs=1e-9)
