"""A picture that goes through a network by itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclegan.engines.field import Field
from cyclegan.tiles import Tile, padded_size
from tests.cyclegan.arrays import ArrayReader, noise


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_rows_of_an_image_are_those_of_the_image_mirrored_at_its_end(
    height: int, width: int, data: st.DataObject
) -> None:
    pixels = noise(height, width)
    padded = padded_size(height, width, 16, 32)
    beyond = ((0, padded[0] - height), (0, padded[1] - width), (0, 0))
    wanted = np.pad(pixels, beyond, mode="reflect")
    top = data.draw(st.integers(0, padded[0] - 1))
    bottom = data.draw(st.integers(top + 1, padded[0]))
    found = Field(ArrayReader(pixels), Tile(0, 0, *padded)).rows(top, bottom)
    np.testing.assert_array_equal(found, wanted[None, top:bottom])


@pytest.mark.parametrize("rows", [(0, 16), (3, 9), (8, 16)])
def test_a_tile_inside_an_image_has_its_own_pixels_only(rows: tuple[int, int]) -> None:
    pixels = noise(64, 64)
    found = Field(ArrayReader(pixels), Tile(16, 32, 16, 16)).rows(*rows)
    np.testing.assert_array_equal(found[0], pixels[16 + rows[0] : 16 + rows[1], 32:48])
