"""Colours changed at random."""

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError
from skimage.color import hsv2rgb, rgb2hsv

from cyclegan.images.image import Pixels
from cyclegan.stains import EOSIN, HAEMATOXYLIN, Vector
from cyclegan.train.colour_jitter import (
    ColourJitter,
    ContrastJitter,
    HedJitter,
    HsbJitter,
)
from tests.cyclegan.arrays import noise

GREY_WEIGHTS = np.array([0.2125, 0.7154, 0.0721])


def changed(picture: Pixels, settings: BaseModel, seed: int = 0) -> Pixels:
    """The picture after one kind of jitter."""
    kind = {HedJitter: "hed", HsbJitter: "hsb", ContrastJitter: "contrast"}[type(settings)]
    jitter = ColourJitter.model_validate({kind: settings})
    return jitter(np.random.default_rng(seed), picture)


def always(value: float) -> tuple[float, float]:
    return value, value


def stained(stain: Vector, amount: float) -> Pixels:
    """A picture of one stain, whose optical density has this length."""
    unit = np.array(stain) / np.linalg.norm(stain)
    pixel = np.rint(256 * 10 ** (-amount * unit) - 1)
    return np.tile(pixel, (4, 5, 1)).astype(np.uint8)


def test_nothing_is_changed_unless_asked_for() -> None:
    picture = noise(9, 9)
    assert ColourJitter()(np.random.default_rng(0), picture) is picture


def test_a_sigma_of_one_doubles_a_stain() -> None:
    found = changed(stained(HAEMATOXYLIN, 0.4), HedJitter(haematoxylin_sigma=always(1)))
    assert np.abs(found - stained(HAEMATOXYLIN, 0.8).astype(int)).max() <= 2


def test_a_sigma_of_minus_one_takes_a_stain_away() -> None:
    found = changed(stained(EOSIN, 0.5), HedJitter(eosin_sigma=always(-1)))
    assert found.min() >= 254


def test_a_stain_is_left_alone_when_the_other_is_changed() -> None:
    picture = stained(HAEMATOXYLIN, 0.6)
    found = changed(picture, HedJitter(eosin_sigma=always(0.9), residual_sigma=always(-0.9)))
    assert np.abs(found - picture.astype(int)).max() <= 1


def test_a_bias_stains_even_glass() -> None:
    white = np.full((4, 5, 3), 255, np.uint8)
    found = changed(white, HedJitter(eosin_bias=always(0.3)))
    assert np.abs(found - stained(EOSIN, 0.3).astype(int)).max() <= 1


def test_separating_and_joining_again_is_exact() -> None:
    picture = noise(64, 64)
    # So small that no pixel can differ by it.
    found = changed(picture, HedJitter(haematoxylin_bias=always(1e-7)))
    assert (found == picture).all()


def test_pictures_outside_of_the_cutoff_stay_as_they_are() -> None:
    settings = HedJitter(haematoxylin_sigma=always(0.5), cutoff=(0.15, 0.85))
    glass, tissue = np.full((9, 9, 3), 230, np.uint8), np.full((9, 9, 3), 200, np.uint8)
    assert changed(glass, settings) is glass
    assert (changed(tissue, settings) != tissue).all()


@pytest.mark.parametrize(
    ("hue", "saturation", "brightness"),
    [(0.1, 0, 0), (-0.3, 0.4, 0.2), (0, -0.5, -0.3), (0.5, 1, -1), (0.2, -1, 1)],
)
def test_hue_saturation_and_brightness_follow_their_definition(
    hue: float, saturation: float, brightness: float
) -> None:
    picture = noise(40, 40)
    picture[:5] = picture[:5, :, :1]  # greys
    picture[5], picture[6] = 0, 255
    settings = HsbJitter(
        hue_sigma=always(hue),
        saturation_sigma=always(saturation),
        brightness_sigma=always(brightness),
    )
    hsb = rgb2hsv(picture)
    hsb[..., 0] = (hsb[..., 0] + hue) % 1
    hsb[..., 1] *= 1 + (saturation if saturation < 0 else saturation * (1 - hsb[..., 1]))
    hsb[..., 2] += brightness * (hsb[..., 2] if brightness < 0 else 1 - hsb[..., 2])
    expected = 255 * hsv2rgb(hsb)
    assert np.abs(changed(picture, settings) - expected).max() < 0.51


def test_hue_goes_round_the_circle() -> None:
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 200
    assert (changed(red, HsbJitter(hue_sigma=always(1 / 3)))[0, 0] == [0, 200, 0]).all()
    assert (changed(red, HsbJitter(hue_sigma=always(-1 / 3)))[0, 0] == [0, 0, 200]).all()


def test_grey_has_no_colour_to_change() -> None:
    grey = np.full((3, 3, 3), 90, np.uint8)
    settings = HsbJitter(hue_sigma=(-1, 1), saturation_sigma=always(1))
    assert (changed(grey, settings) == grey).all()


@pytest.mark.parametrize(("sigma", "times"), [(0.5, 2), (-1, 0.5), (-0.25, 0.8)])
def test_contrast_stretches_around_the_mean_luminance(sigma: float, times: float) -> None:
    picture = noise(30, 30) // 4 + 90
    found = changed(picture, ContrastJitter(sigma=always(sigma)))
    mean = (picture @ GREY_WEIGHTS).mean()
    assert np.abs(found - (mean + times * (picture - mean))).max() < 0.51


def test_amounts_are_drawn_from_their_ranges() -> None:
    white = np.full((1, 1, 3), 255, np.uint8)
    settings = HedJitter(haematoxylin_bias=(0.0, 0.2))
    greens = [int(changed(white, settings, seed)[0, 0, 1]) for seed in range(60)]
    lightest, darkest = 255, int(stained(HAEMATOXYLIN, 0.2)[0, 0, 1])
    assert max(greens) <= lightest
    assert min(greens) >= darkest
    assert max(greens) - min(greens) > 0.8 * (lightest - darkest)


@pytest.mark.parametrize(
    ("kind", "settings", "why"),
    [
        (HedJitter, {"eosin_sigma": [0.1, -0.1]}, "0.1 to -0.1; give the lower end first"),
        (HedJitter, {"cutoff": [-0.1, 1]}, "within 0 to 1"),
        (HsbJitter, {"hue_sigma": [0, 1.5]}, "within -1 to 1"),
        (ContrastJitter, {"sigma": [0, 1]}, "within -1 to 0.9"),
        (ColourJitter, {"hsv": {}}, "hsv"),
    ],
)
def test_a_wrong_setting_is_refused(
    kind: type[BaseModel], settings: dict[str, object], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        kind.model_validate(settings)
