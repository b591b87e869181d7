from __future__ import annotations

import numpy as np
import pytest

from cyclegan.images.pyramid_levels import Levels, halve, level_sizes
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
            done[band.level] += len(band.pixels)
            found[band.level][band.top : done[band.level]] = band.pixels
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
    assert (halve(noise(*size)) == mean_of_four(noise(*size))).all()


def test_a_half_is_rounded_up() -> None:
    rows = np.array([[[0], [1]], [[1], [0]]], np.uint8).repeat(3, axis=2)
    assert halve(rows).tolist() == [[[1, 1, 1]]]
