"""Contrast turned over."""

import numpy as np
from skimage.color import lab2rgb, rgb2lab

from cyclegan.images.image import Pixels
from cyclegan.inputs.inverted import inverted, inverted_luminance
from tests.cyclegan.arrays import noise

GREYS = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)


def in_lab(pixels: Pixels) -> np.ndarray:
    return np.asarray(rgb2lab(pixels.astype(np.float64) / 255))


def turned_over() -> tuple[Pixels, Pixels]:
    """Colours, and what they should become, where sRGB reaches."""
    pixels = noise(100, 100).reshape(-1, 3) // 2 + 64
    wanted = in_lab(pixels) * (-1, 1, 1) + (100, 0, 0)
    rgb = lab2rgb(wanted)
    reached = np.abs(in_lab((rgb * 255).clip(0, 255)) - wanted).max(axis=-1) < 0.01
    return pixels[reached], np.rint(255 * rgb[reached]).astype(np.uint8)


def test_every_value_is_what_was_left_to_white() -> None:
    assert inverted(np.array([[0, 100, 255]], np.uint8)).tolist() == [[255, 155, 0]]


def test_inverting_twice_gives_the_picture_back() -> None:
    assert (inverted(inverted(noise(20, 30))) == noise(20, 30)).all()


def test_lightness_is_turned_over_and_hue_and_chroma_are_kept() -> None:
    pixels, wanted = turned_over()
    assert len(pixels) > 5000
    made = inverted_luminance(pixels)
    assert np.abs(made.astype(int) - wanted).max() <= 1  # float32


def test_greys_stay_grey_and_change_places() -> None:
    made = inverted_luminance(GREYS).astype(int)
    assert np.abs(made - made[:, :1]).max() <= 1  # the standard's matrix has six digits
    assert (np.diff(made[:, 0]) <= 0).all()
    assert made[[0, 119, 255], 0].tolist() == [255, 119, 0]


def test_what_no_screen_can_show_is_cut_off() -> None:
    yellow, blue = inverted_luminance(np.array([[255, 255, 0], [0, 0, 255]], np.uint8)).tolist()
    assert max(yellow) < 30
    assert blue[2] == 255
    assert min(blue) > 90
