from __future__ import annotations

import pytest

from cyclegan.images.bands import Bands
from tests.cyclegan.images.pictures import noise


@pytest.mark.parametrize("portions", [[10], [3, 7], [1] * 10, [4, 4, 2], [5, 5]])
def test_bands_are_the_same_whatever_the_portions_are(portions: list[int]) -> None:
    pixels = noise(10, 3)
    bands = Bands(height=10, width=3, rows=4)
    found, top = [], 0
    for count in portions:
        found += [(first, band.copy()) for first, band in bands.add(pixels[top : top + count])]
        top += count
    assert [first for first, _ in found] == [0, 4, 8]
    for first, band in found:
        assert (band == pixels[first : first + 4]).all()


def test_an_image_lower_than_a_band_is_one() -> None:
    [(top, band)] = Bands(height=2, width=3, rows=256).add(noise(2, 3))
    assert top == 0
    assert (band == noise(2, 3)).all()


def test_a_band_is_handed_on_as_soon_as_it_is_full() -> None:
    bands = Bands(height=100, width=3, rows=4)
    assert not list(bands.add(noise(3, 3)))
    assert len(list(bands.add(noise(1, 3)))) == 1
