"""The planes of two dyes and of brightness."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan.dyes import Dyes
from cyclegan.images.image import Pixels
from cyclegan.inputs import INPUTS
from cyclegan.inputs.dyes import MIN_BRIGHTNESS, TOP, DyeView
from cyclegan.muse import CLEAN, MuseSpec
from cyclegan.phantom import Tissue, grow
from cyclegan.simulate import expose
from tests.cyclegan.arrays import ArrayReader

VIEW = DyeView(
    Dyes((10, 20, 30), (0.0, 0.6, 0.8), (0.8, 0.6, 0.0), (30, 100), (0, 50)), brightness=60
)
RIGS = {
    "blue on orange": CLEAN,
    "dim purple": replace(
        CLEAN,
        nuclear_dye=(0.45, 0.35, 1),
        counterstain_dye=(1, 0.5, 0.5),
        nuclear_level=120,
        counterstain_level=90,
    ),
    "red-brown": replace(CLEAN, nuclear_dye=(0.9, 0.55, 0.5), counterstain_dye=(1, 0.3, 0.05)),
    "orange on green, bright background": replace(
        CLEAN,
        nuclear_dye=(1, 0.45, 0.2),
        counterstain_dye=(0.5, 1, 0.1),
        counterstain_level=100,
        ambient=(50, 52, 48),
    ),
}


@pytest.fixture(scope="module")
def tissue() -> Tissue:
    return grow(300, 320, seed=2)


def photo(tissue: Tissue, spec: MuseSpec) -> Pixels:
    return expose(tissue.nuclear, tissue.counterstain, spec).muse


def seen(pixels: Pixels, name: str = "dyes") -> Pixels:
    return INPUTS[name](ArrayReader(pixels))(pixels)


def distance(first: Pixels, second: Pixels) -> float:
    """Mean difference in grey levels."""
    return float(np.abs(first.astype(int) - second).mean())


def drawn(amount: float) -> int:
    """The grey level of so much, where 1 is what counts as 1."""
    return round(255 * min(amount / TOP, 1))


def test_planes_are_amounts_over_their_references() -> None:
    background, nuclear, counterstain = np.array([(10, 20, 30), (0, 60, 80), (80, 60, 0)])
    made = np.stack([0 * nuclear, nuclear, counterstain / 4, nuclear / 2 + counterstain / 4])
    planes = VIEW(np.rint(background + made).astype(np.uint8))
    brightness = [0, 140 / 3 / 60, 35 / 3 / 60, 105 / 3 / 60]
    assert planes[:, 0].tolist() == [0, drawn(1), 0, drawn(0.5)]
    assert planes[:, 1].tolist() == [0, 0, drawn(0.5), drawn(0.5)]
    assert planes[:, 2].tolist() == [drawn(value) for value in brightness]


def test_what_is_beyond_white_or_below_the_background_is_cut_off() -> None:
    planes = VIEW(np.array([[255, 255, 255], [0, 0, 0]], np.uint8))
    assert planes[0, 1:].tolist() == [255, 255]
    assert planes[1].tolist() == [0, 0, 0]


def test_the_dyes_of_a_picture_are_found_in_their_planes(tissue: Tissue) -> None:
    planes = seen(photo(tissue, CLEAN)).astype(float)
    for plane, wanted in ((0, tissue.nuclear), (1, tissue.counterstain)):
        assert np.corrcoef(planes[..., plane].ravel(), wanted.ravel())[0, 1] > 0.99


def test_references_are_the_strongest_of_the_tissue(tissue: Tissue) -> None:
    view = DyeView.fitted(ArrayReader(photo(tissue, CLEAN)))
    planes = view(photo(tissue, CLEAN)) * (TOP / 255)
    strongest = [np.percentile(planes[..., i], share) for i, share in enumerate((99.5, 98, 99.5))]
    assert strongest == pytest.approx([1, 1, 1], abs=0.15)


@pytest.mark.parametrize("name", list(RIGS)[1:])
def test_pictures_of_one_tissue_by_different_rigs_look_alike(tissue: Tissue, name: str) -> None:
    first, second = photo(tissue, RIGS["blue on orange"]), photo(tissue, RIGS[name])
    assert distance(first, second) > 15
    assert distance(seen(first), seen(second)) < distance(first, second) / 2.5
    assert distance(seen(first)[..., :2], seen(second)[..., :2]) < 3


def test_twice_the_light_is_seen_as_the_same(tissue: Tissue) -> None:
    dim = replace(CLEAN, nuclear_level=100, counterstain_level=80, ambient=(6, 6, 6))
    bright = replace(CLEAN, nuclear_level=200, counterstain_level=160, ambient=(12, 12, 12))
    assert distance(seen(photo(tissue, dim)), seen(photo(tissue, bright))) < 2  # rounding


def test_without_any_tissue_there_is_nothing_to_see() -> None:
    noise = np.random.default_rng(0).integers(8, 13, (200, 200, 3), np.uint8)
    assert DyeView.fitted(ArrayReader(noise)).brightness == MIN_BRIGHTNESS
    assert seen(noise).mean() < 20
    assert (seen(np.full((50, 60, 3), 130, np.uint8)) == 0).all()


def test_paper_around_the_tissue_is_dark_and_does_not_change_what_is_seen_of_it(
    tissue: Tissue,
) -> None:
    picture = photo(tissue, CLEAN).copy()
    picture[:, :60] = 255
    planes = seen(picture)
    assert (planes[:, :60] == 0).all()
    assert distance(planes[:, 60:], seen(picture[:, 60:])) < 1


def test_provenance_has_the_fit() -> None:
    told = VIEW.provenance()
    assert told["brightness"] == 60
    assert isinstance(told["dyes"], dict)
    assert told["dyes"]["counterstain"] == [0.8, 0.6, 0.0]
