"""Unmixing and colouring of pixels."""

import numpy as np
import pytest

from cyclegan.dyes import NO_DYE, Dyes, unmix
from cyclegan.recolour import CHUNK_PX, recolour
from cyclegan.stains import Colouring, render
from tests.cyclegan.arrays import noise

DYES = Dyes((10, 12, 9), (0.0, 0.6, 0.8), (0.8, 0.6, 0.0), (3, 140), (0, 160))


def recoloured(pixels: np.ndarray, dyes: Dyes = DYES) -> np.ndarray:
    out = np.empty_like(pixels)
    recolour(pixels, out, dyes=dyes, colouring=Colouring())
    return out


def test_pixels_become_their_unmixed_concentrations_drawn() -> None:
    pixels = noise(300, 1).reshape(-1, 3)
    signal = pixels - np.array(DYES.background)
    amounts = unmix(signal, np.array([DYES.nuclear, DYES.counterstain]))
    nuclear = np.clip((amounts[:, 0] - 3) / 137, 0, 1).astype(np.float32)
    counterstain = np.clip(amounts[:, 1] / 160, 0, 1).astype(np.float32)
    wanted = render(nuclear, counterstain).astype(int)
    assert np.abs(recoloured(pixels) - wanted).max() <= 1  # rounding of float32


def test_a_pixel_becomes_the_same_wherever_it_stands() -> None:
    pixels = np.resize(noise(37, 1).reshape(-1, 3), (CHUNK_PX + 38, 3))
    out = recoloured(pixels)
    assert np.array_equal(out, np.resize(out[:37], out.shape))


@pytest.mark.parametrize("count", [0, 1, CHUNK_PX, CHUNK_PX + 1])
def test_any_number_of_pixels_is_recoloured(count: int) -> None:
    pixels = np.tile(np.array([[10, 12, 9]], dtype=np.uint8), (count, 1))
    assert (recoloured(pixels) == 255).all()


def test_without_dyes_everything_is_white() -> None:
    dyes = Dyes((0, 0, 0), NO_DYE, NO_DYE, (0, 24), (0, 24))
    assert (recoloured(noise(50, 1).reshape(-1, 3), dyes) == 255).all()


def test_paper_stays_white_only_where_it_is_known_to_be_paper() -> None:
    white = np.full((1, 3), 255, dtype=np.uint8)
    paper = Dyes(DYES.background, DYES.nuclear, DYES.counterstain, (3, 140), (0, 160), paper=True)
    assert (recoloured(white, paper) == 255).all()
    assert recoloured(white).min() < 100
