"""Images in memory."""

import pytest

from cyclegan.train.held import Held
from tests.cyclegan.arrays import ArrayReader, noise


def test_regions_are_those_of_the_image() -> None:
    image = noise(30, 40)
    held = Held(ArrayReader(image))
    assert (held.read(3, 5, 20, 30) == image[3:23, 5:35]).all()
    assert held.info == ArrayReader(image).info


def test_a_region_is_a_copy() -> None:
    held = Held(ArrayReader(noise(30, 40)))
    held.read(0, 0, 5, 5)[...] = 0
    assert held.read(0, 0, 5, 5).any()


def test_a_region_outside_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not lie inside"):
        Held(ArrayReader(noise(30, 40))).read(20, 0, 11, 5)


def test_a_closed_one_gives_nothing() -> None:
    held = Held(ArrayReader(noise(30, 40)))
    held.close()
    held.close()
    with pytest.raises(ValueError, match="closed"):
        held.read(0, 0, 1, 1)
