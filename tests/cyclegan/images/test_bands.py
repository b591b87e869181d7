from __future__ import annotations

import numpy as np
import pytest

from cyclegan.images.bands import Bands
from cyclegan.images.image import Pixels
from tests.cyclegan.images.pictures import noise
from tests.cyclegan.resident import resident_peak

Found = list[tuple[int, int, Pixels]]


def put_all(bands: Bands, pixels: Pixels, *, down: list[int], across: list[int]) -> Found:
    """What comes of pixels in pieces of so many rows and columns."""
    found, top = [], 0
    for rows in down:
        left = 0
        for columns in across:
            bands.put(top, left, pixels[top : top + rows, left : left + columns])
            found += list(bands.taken())
            left += columns
        top += rows
    return found


@pytest.mark.parametrize("down", [[10], [3, 7], [1] * 10, [4, 4, 2], [5, 5]])
@pytest.mark.parametrize("across", [[7], [3, 4], [1] * 7, [5, 2]])
def test_parts_are_the_same_whatever_the_pieces_are(down: list[int], across: list[int]) -> None:
    pixels = noise(10, 7)
    bands = Bands(height=10, width=7, rows=4, columns=3)
    found = put_all(bands, pixels, down=down, across=across)
    assert [place[:2] for place in found] == [(y, x) for y in (0, 4, 8) for x in (0, 3, 6)]
    for top, left, part in found:
        np.testing.assert_array_equal(part, pixels[top : top + 4, left : left + 3])


def test_an_image_smaller_than_a_part_is_one() -> None:
    bands = Bands(height=2, width=3, rows=256, columns=4096)
    [(top, left, part)] = put_all(bands, noise(2, 3), down=[2], across=[3])
    assert (top, left) == (0, 0)
    assert (part == noise(2, 3)).all()


def test_a_part_is_handed_on_as_soon_as_it_is_full() -> None:
    bands = Bands(height=100, width=6, rows=4, columns=3)
    bands.put(0, 0, noise(3, 3))
    assert not list(bands.taken())
    bands.put(3, 0, noise(1, 3))
    assert len(list(bands.taken())) == 1


def test_what_lies_outside_the_image_is_left_out() -> None:
    bands = Bands(height=3, width=2, rows=2, columns=2)
    bands.put(0, 0, noise(4, 4))
    bands.put(4, 0, noise(1, 4))
    bands.put(0, 4, noise(4, 1))
    found = list(bands.taken())
    assert [part.shape[:2] for *_, part in found] == [(2, 2), (1, 2)]


def test_of_pieces_as_high_as_a_band_no_more_than_a_part_is_held() -> None:
    side, pieces = 256, 64
    piece = np.zeros((side, side, 3), np.uint8)

    def go_through() -> None:
        bands = Bands(height=side, width=side * pieces, rows=side, columns=4 * side)
        for number in range(pieces):
            bands.put(0, side * number, piece)
            for _ in bands.taken():
                pass

    assert resident_peak(go_through) < 3 * 4 * piece.nbytes
