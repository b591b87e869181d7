"""Whether colours are those of fluorescence, of H&E, or of something else."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclegan.images.image import Pixels
from cyclegan.quality.colours import Colours, colours_of
from cyclegan.rigs import FAMILIES
from cyclegan.stains import Colouring, render
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.quality import made

FOLDER = os.environ.get("COLORMAPPER_TEST_DATA")


def colours(pixels: Pixels) -> Colours:
    return colours_of(ArrayReader(pixels))


@pytest.mark.parametrize("family", FAMILIES)
def test_simulated_muse_of_every_family_is_not_taken_for_a_stained_section(family: str) -> None:
    for number, rig in enumerate(made.rigs_of(family, 5)):
        found = colours(made.muse(rig, seed=number % 2))
        assert not found.is_he, rig
        assert not found.is_bright_field, rig
        assert found.channels > 1, rig


def test_muse_on_a_bright_ground_is_not_taken_for_a_stained_section() -> None:
    found = colours(made.muse(ambient=(150, 130, 150), nuclear_level=120, counterstain_level=90))
    assert not found.is_he
    assert not found.is_bright_field


def test_overexposed_purple_muse_is_not_taken_for_h_and_e() -> None:
    found = colours(
        made.muse(
            nuclear_dye=(0.55, 0.5, 1), counterstain_dye=(1, 0.6, 0.6), ambient=(120, 100, 130),
            nuclear_level=500, counterstain_level=300,
        )
    )  # fmt: skip
    assert not found.is_he


@pytest.mark.parametrize("seed", range(3))
def test_h_and_e_is_recognised(seed: int) -> None:
    assert colours(made.he(seed=seed)).is_he


def test_h_and_e_without_any_glass_is_recognised() -> None:
    grown = made.tissue()
    nuclear, counterstain = grown.nuclear, 0.35 + 0.65 * grown.counterstain
    assert colours(render(nuclear, counterstain)).is_he


def test_another_stain_seen_against_white_light_is_bright_field_but_no_h_and_e() -> None:
    grown = made.tissue()
    # blue nuclei and something brown, as in immunostains
    look = Colouring(nuclear=(1.0, 0.6, 0.35), counterstain=(0.5, 0.85, 1.2))
    spots = np.where(grown.counterstain > 0.6, grown.counterstain, 0)
    found = colours(render(0.6 * grown.nuclear, spots, look))
    assert found.is_bright_field
    assert not found.is_he


def test_a_grey_picture_and_one_of_a_single_channel_have_one_channel() -> None:
    muse = made.muse()
    grey = np.repeat(muse[..., 2:], 3, axis=2)
    blue = muse * np.array([0, 0, 1], np.uint8)
    assert [colours(pixels).channels for pixels in (muse, grey, blue)] == [3, 1, 1]


def test_one_colour_alone_is_nothing() -> None:
    assert colours(np.full((40, 30, 3), 90, np.uint8)).channels == 0


@pytest.mark.skipif(not FOLDER, reason="COLORMAPPER_TEST_DATA names no folder of real files")
def test_real_h_and_e_is_told_from_real_fluorescence() -> None:
    def share(folder: str, name: str) -> float:
        files = [
            p for p in (Path(FOLDER or "") / folder).rglob("*") if p.suffix in {".png", ".jpg"}
        ]
        found = [colours(np.asarray(Image.open(path).convert("RGB"))) for path in files]
        return sum(bool(getattr(colour, name)) for colour in found) / max(len(found), 1)

    assert share("he", "is_he") > 0.97
    assert share("fluo", "is_he") == 0
