from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cyclegan.images.image import Pixels
from cyclegan.images.resample import Resampled
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.images.pictures import noise, smooth


def resampled(pixels: Pixels, ratio: float) -> Pixels:
    reader = Resampled(ArrayReader(pixels), ratio=ratio)
    return reader.read(0, 0, reader.info.height, reader.info.width)


@given(st.floats(0.06, 40), st.data())
def test_a_pixel_is_the_same_in_whatever_region(ratio: float, data: st.DataObject) -> None:
    reader = Resampled(ArrayReader(noise(37, 53)), ratio=ratio)
    height, width = reader.info.height, reader.info.width
    y = data.draw(st.integers(0, height - 1))
    x = data.draw(st.integers(0, width - 1))
    rows = data.draw(st.integers(1, height - y))
    columns = data.draw(st.integers(1, width - x))
    whole = reader.read(0, 0, height, width)
    assert (reader.read(y, x, rows, columns) == whole[y : y + rows, x : x + columns]).all()


@pytest.mark.parametrize("factor", [2, 3, 7])
def test_shrinking_by_a_whole_number_is_the_mean_of_blocks(factor: int) -> None:
    pixels = noise(42, 84)
    blocks = pixels.reshape(42 // factor, factor, 84 // factor, factor, 3)
    assert np.abs(resampled(pixels, factor) - blocks.mean(axis=(1, 3))).max() <= 0.501


def test_shrinking_by_a_fraction_weighs_pixels_by_their_area() -> None:
    pixels = noise(30, 60)
    small = pixels.repeat(2, axis=0).repeat(2, axis=1).reshape(20, 3, 40, 3, 3).mean(axis=(1, 3))
    assert np.abs(resampled(pixels, 1.5) - small).max() <= 0.501


@pytest.mark.parametrize("factor", [2, 4])
def test_enlarging_is_bicubic(factor: int) -> None:
    # Pillow cuts and rounds between its two passes; there is nothing to cut here.
    pixels = noise(31, 23) // 2 + 64
    expected = Image.fromarray(pixels).resize((23 * factor, 31 * factor), Image.Resampling.BICUBIC)
    assert np.abs(resampled(pixels, 1 / factor).astype(int) - np.asarray(expected)).max() <= 2


@pytest.mark.parametrize("ratio", [0.3, 0.77, 1.01, 1.7, 13.0])
def test_a_plain_colour_stays_what_it_is(ratio: float) -> None:
    plain = np.full((31, 44, 3), (0, 117, 255), np.uint8)
    assert (resampled(plain, ratio) == (0, 117, 255)).all()


def test_a_gradient_stays_in_its_place() -> None:
    half = resampled(smooth(200, 300), 1.6)
    back = np.asarray(Image.fromarray(half).resize((300, 200), Image.Resampling.BICUBIC))
    assert np.abs(back[5:-5, 5:-5].astype(int) - smooth(200, 300)[5:-5, 5:-5]).max() <= 2


def test_what_is_shrunk_to_nothing_is_one_pixel() -> None:
    assert np.abs(resampled(noise(5, 7), 100) - noise(5, 7).mean(axis=(0, 1))).max() <= 0.501


def test_a_pickled_copy_reads_the_same() -> None:
    reader = Resampled(ArrayReader(noise(31, 23)), ratio=1.3)
    copy = pickle.loads(pickle.dumps(reader))  # noqa: S301 - our own
    assert (copy.read(3, 4, 9, 8) == reader.read(3, 4, 9, 8)).all()
