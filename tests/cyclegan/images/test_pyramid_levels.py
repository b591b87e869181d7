from __future__ import annotations

import numpy as np
import pytest

from cyclegan.images.pyramid_levels import BAND_PX, PART_PX, Levels, halve, level_sizes
from cyclegan.images.region import Region
from tests.cyclegan.images.pictures import noise
from tests.cyclegan.images.written import levels_of, mean_of_four
from tests.cyclegan.resident import resident_peak

SIZES = [
    (1, 1),
    (1, 2000),
    (2000, 1),
    (513, 300),
    (1025, 1027),
    (1539, 700),
    (300, 4200),
    (257, 8193),
]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece_size", [(100, 9999), (300, 700)])
def test_every_pixel_of_every_level_comes_once_and_is_the_mean_of_those_above(
    size: tuple[int, int], piece_size: tuple[int, int]
) -> None:
    pixels = noise(*size)
    levels = Levels(height=size[0], width=size[1])
    found = [np.zeros((*one, 3), np.uint8) for one in levels.sizes]
    times = [np.zeros(one, int) for one in levels.sizes]
    for piece in Region(0, 0, *size).parts(*piece_size):
        place = slice(piece.y, piece.y + piece.height), slice(piece.x, piece.x + piece.width)
        for part in levels.add(piece.y, piece.x, pixels[place]):
            height, width = part.pixels.shape[:2]
            place = slice(part.top, part.top + height), slice(part.left, part.left + width)
            found[part.level][place] = part.pixels
            times[part.level][place] += 1
    assert all((one == 1).all() for one in times)
    for one, expected in zip(found, levels_of(pixels), strict=True):
        assert (one == expected).all()


@pytest.mark.parametrize("piece_size", [(512, 9999), (256, 300), (99, 9999), (130, 5000)])
def test_a_part_comes_at_once_after_the_last_of_those_it_is_made_from(
    piece_size: tuple[int, int],
) -> None:
    levels = Levels(height=512, width=2 * PART_PX + 4)
    order: list[tuple[int, int, int]] = []
    for piece in Region(0, 0, 512, 2 * PART_PX + 4).parts(*piece_size):
        parts = levels.add(piece.y, piece.x, noise(piece.height, piece.width))
        order += [(part.level, part.top, part.left) for part in parts]
    assert order[:3] == [(0, 0, 0), (0, 0, PART_PX), (0, 0, 2 * PART_PX)]
    assert order[3:6] == [(0, 256, 0), (0, 256, PART_PX), (1, 0, 0)]
    assert order[6:8] == [(0, 256, 2 * PART_PX), (1, 0, PART_PX)]
    assert order[8:] == [(level, 0, 0) for level in range(2, len(levels.sizes))]


def test_levels_end_below_512_px() -> None:
    assert level_sizes(511, 100) == [(511, 100)]
    assert level_sizes(100, 1025) == [(100, 1025), (50, 512), (25, 256)]


def test_a_level_is_never_empty() -> None:
    assert level_sizes(1, 2048)[-1] == (1, 256)


@pytest.mark.parametrize("size", [(2, 2), (7, 1), (1, 7), (1, 1), (3, 500), (256, 498)])
def test_halving_takes_means_and_rounds(size: tuple[int, int]) -> None:
    pixels = noise(*size)
    assert (halve(pixels) == mean_of_four(pixels)).all()


def test_a_half_is_rounded_up() -> None:
    rows = np.array([[[0], [1]], [[1], [0]]], np.uint8).repeat(3, axis=2)
    assert halve(rows).tolist() == [[[1, 1, 1]]]


@pytest.mark.parametrize(("columns", "bands"), [(32_768, 1.6), (256, 0.65)])
def test_fewer_bands_of_the_largest_level_are_held_than(columns: int, bands: float) -> None:
    height, width = 1024, 32_768
    levels = Levels(height=height, width=width)
    rows = 16 if columns == width else BAND_PX

    def write(piece: Region) -> None:
        pixels = np.ones((piece.height, piece.width, 3), np.uint8)
        for part in levels.add(piece.y, piece.x, pixels):
            part.pixels.sum()

    def write_all() -> None:
        for piece in Region(0, 0, height, width).parts(rows, columns):
            write(piece)

    assert resident_peak(write_all) < bands * BAND_PX * width * 3
