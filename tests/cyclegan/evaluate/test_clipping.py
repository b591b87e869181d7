"""Pixels without light."""

import pytest

from cyclegan.evaluate.clipping import CLIPPED
from tests.cyclegan.evaluate.pictures import field_of, flat


@pytest.mark.parametrize("ground", [255, 1])
def test_pixels_of_which_a_channel_is_gone_are_counted(ground: int) -> None:
    made = flat(20, 50, ground)
    made[:5, :, 1] = 0
    assert CLIPPED.measure(field_of(made)) == (0.25, 1000)
