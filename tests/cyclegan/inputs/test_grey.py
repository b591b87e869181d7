"""One grey channel, three times."""

import numpy as np

from cyclegan.images.image import Pixels
from cyclegan.inputs.grey import grey, inverted_grey
from tests.cyclegan.arrays import noise

KNOWN = {
    (0, 0, 0): 0,
    (255, 255, 255): 255,
    (255, 0, 0): 76,
    (0, 255, 0): 150,
    (0, 0, 255): 29,
    (100, 150, 200): 141,
}
"""Luma of ITU-R BT.601, rounded."""


def colours() -> Pixels:
    return np.array(list(KNOWN), np.uint8)


def test_grey_is_the_luma_in_all_channels() -> None:
    assert grey(colours()).tolist() == [[level] * 3 for level in KNOWN.values()]


def test_inverted_grey_is_what_is_left_to_white() -> None:
    assert inverted_grey(colours()).tolist() == [[255 - level] * 3 for level in KNOWN.values()]


def test_grey_pictures_stay_as_they_are() -> None:
    picture = np.repeat(noise(30, 20)[..., :1], 3, axis=-1)
    assert (grey(picture) == picture).all()
