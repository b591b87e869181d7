from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from cyclegan.images.image import Pixels
from cyclegan.images.pyramid_levels import BAND_PX, Band, Levels, halve, level_sizes
from tests.cyclegan.images.pictures import noise
from tests.cyclegan.images.written import levels_of, mean_of_four

SIZES = [(1, 1), (1, 2000), (2000, 1), (513, 300), (1025, 1027), (1539, 700), (300, 4200)]


@pytest.mark.parametrize("size", SIZES)
def test_every_row_of_every_level_comes_once_and_is_the_mean_of_those_above(
    size: tuple[int, int],
) -> None:
    pixels = noise(*size)
    levels = Levels(height=size[0], width=size[1])
    found = [np.zeros((*one, 3), np.uint8) for one in levels.sizes]
    done = [0] * len(found)
    for top in range(0, size[0], 100):
        for band in levels.add(pixels[top : top + 100]):
            assert band.top == done[band.level]
            rows = band.columns(0, band.width)
            done[band.level] += len(rows)
            found[band.level][band.top : done[band.level]] = rows
    assert done == [height for height, _ in levels.sizes]
    for one, expected in zip(found, levels_of(pixels), strict=True):
        assert (one == expected).all()


def test_levels_end_below_512_px() -> None:
    assert level_sizes(511, 100) == [(511, 100)]
    assert level_sizes(100, 1025) == [(100, 1025), (50, 512), (25, 256)]


def test_a_level_is_never_empty() -> None:
    assert level_sizes(1, 2048)[-1] == (1, 256)


@pytest.mark.parametrize("size", [(2, 2), (7, 1), (1, 7), (1, 1), (3, 5000), (256, 4098)])
def test_halving_takes_means_and_rounds(size: tuple[int, int]) -> None:
    pixels = noise(*size)
    for portions in [[pixels], list(pixels[:, None])]:
        assert (halve(Band(0, 0, portions)) == mean_of_four(pixels)).all()


def test_a_half_is_rounded_up() -> None:
    rows = np.array([[[0], [1]], [[1], [0]]], np.uint8).repeat(3, axis=2)
    assert halve(Band(0, 0, [rows])).tolist() == [[[1, 1, 1]]]


def test_less_than_two_bands_of_the_largest_level_are_held() -> None:
    height, width, count = 1024, 32_768, 16
    levels = Levels(height=height, width=width)

    def write(rows: Pixels) -> None:
        for band in levels.add(rows):
            band.columns(0, 256)

    tracemalloc.start()
    for _ in range(0, height, count):
        write(np.zeros((count, width, 3), np.uint8))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * BAND_PX * width * 3
