"""H&E to a MUSE-like picture by a model of dyes, optics and camera; seeded.

Two dyes glow in linear light, bright on dark as all fluorescence: the contrast of H&E turned over.
Light from below the surface adds haze, parts of the field are out of focus, illumination falls
off, specks glow and dust shades; the camera adds shot and read noise, saturates and rounds.
Scores on such pictures test code, not medicine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from cyclegan.images.image import Pixels
from cyclegan.muse import MuseSpec
from cyclegan.noise import smooth_noise
from cyclegan.optics import FOCUS_PX, blur, falloff, spots
from cyclegan.stain_fit import fitted_stains, is_black, without_black
from cyclegan.stains import (
    EOSIN,
    HAEMATOXYLIN,
    Floats,
    Vector,
    render,
    separate,
    stain_matrix,
)

TOP_PERCENTILE = 99.7
"""Percentile of a stain that counts as concentration 1."""
LEAST_TOPS = (0.4, 0.1)
"""Haematoxylin and eosin that sections with nuclei reach, in units of optical density; what a
picture has less of, such as one of fat or of nothing but fibres, is not drawn as strong."""

FITTED_PX = 250_000
"""About how many pixels, evenly spread, the stains of a slide are fitted on."""


@dataclass(frozen=True)
class Simulation:
    """A made picture and what is true of it; maps are (height, width) float32, 0..1."""

    muse: Pixels
    """The MUSE-like picture."""
    nuclear: Floats
    """Concentration of the nuclear dye."""
    counterstain: Floats
    """Concentration of the counterstain."""

    @property
    def he(self) -> Pixels:
        """Both concentrations drawn as H&E by `render`, as a new array."""
        return render(self.nuclear, self.counterstain)


def simulate(
    he: Pixels, spec: MuseSpec | None = None, *, tops: tuple[float, float] | None = None
) -> Simulation:
    """A MUSE-like picture of the tissue of an H&E picture, (height, width, 3) uint8.

    The concentrations are those of haematoxylin and eosin over `tops`: those of the picture, or
    for a part of a slide those of the slide, so that it looks as it does in the whole. What is
    black there, such as pigment or a frame, has no dye and stays dark.
    """
    rig = spec or MuseSpec()
    stains = _stains(he, rig)
    stains[is_black(he)] = 0
    nuclear, counterstain = (
        np.clip(stains[..., i] / top, 0, 1) for i, top in enumerate(tops or stain_tops(he, rig))
    )
    return expose(nuclear, counterstain, rig)


def stain_tops(he: Pixels, spec: MuseSpec | None = None) -> tuple[float, float]:
    """Haematoxylin and eosin that count as concentration 1, in units of optical density.

    They are the 99.7th percentiles of H&E pixels, (..., 3) uint8, such as a sample of a slide; of
    a spec only the stains matter.
    """
    stains = _stains(without_black(he), spec or MuseSpec())
    haematoxylin, eosin = (
        max(float(np.percentile(stains[..., i], TOP_PERCENTILE)), least)
        for i, least in enumerate(LEAST_TOPS)
    )
    return haematoxylin, eosin


def on_slide(spec: MuseSpec, sample: Pixels) -> MuseSpec:
    """The rig for a slide, whose stains are fitted on some of its pixels, (height, width, 3) uint8.

    They are as far from the slide's as the rig's own are from the usual ones.
    """
    step = math.isqrt(sample.shape[0] * sample.shape[1] // FITTED_PX) + 1
    haematoxylin, eosin = fitted_stains(sample[::step, ::step])
    return replace(
        spec,
        haematoxylin=_moved(haematoxylin, HAEMATOXYLIN, spec.haematoxylin),
        eosin=_moved(eosin, EOSIN, spec.eosin),
    )


def _moved(stain: Vector, usual: Vector, drawn: Vector) -> Vector:
    red, green, blue = (
        max(own + to - by, 0.01) for own, by, to in zip(stain, usual, drawn, strict=True)
    )
    return red, green, blue


def _stains(he: Pixels, rig: MuseSpec) -> Floats:
    """Haematoxylin and eosin, (..., 2) float32, can be negative."""
    return separate(he, stain_matrix(rig.haematoxylin, rig.eosin))[..., :2]


def expose(nuclear: Floats, counterstain: Floats, spec: MuseSpec | None = None) -> Simulation:
    """A MUSE-like picture of two concentration maps, (height, width) float32, 0..1."""
    rig = spec or MuseSpec()
    rng = np.random.default_rng(rig.seed)
    first, second = _through_optics(rng, _glow(nuclear, counterstain, rig), rig)
    muse = np.empty((*nuclear.shape, 3), dtype=np.uint8)
    for channel in range(3):
        light = first * _part(rig.nuclear_dye, channel)
        light += second * _part(rig.counterstain_dye, channel)
        light += rig.ambient[channel]
        light *= rig.gains[channel]
        muse[..., channel] = _photo(rng, light, rig)
    return Simulation(muse, nuclear, counterstain)


def _glow(nuclear: Floats, counterstain: Floats, rig: MuseSpec) -> tuple[Floats, Floats]:
    """Light of both dyes at the surface, in grey levels of their strongest part."""
    above = np.clip(nuclear - rig.nuclear_floor, 0, None) / (1 - rig.nuclear_floor)
    first = above ** np.float32(rig.nuclear_exponent)
    first *= rig.nuclear_level * (1 - np.float32(rig.nuclear_quenching) * counterstain)
    second = counterstain ** np.float32(rig.counterstain_exponent)
    second *= rig.counterstain_level * (1 - np.float32(rig.counterstain_quenching) * nuclear)
    return first, second


def _through_optics(
    rng: Generator, glow: tuple[Floats, Floats], rig: MuseSpec
) -> tuple[Floats, Floats]:
    """Light of both dyes as it reaches the camera."""
    shape = glow[0].shape
    focus = 0.5 + 0.7 * smooth_noise(rng, shape, (FOCUS_PX, FOCUS_PX))
    passing = falloff(rng, shape, shading=rig.shading, vignetting=rig.vignetting)
    specks = spots(rng, shape, per_mpx=rig.specks_per_mpx, sigma_px=rig.specks_px)
    dust = spots(rng, shape, per_mpx=rig.dust_per_mpx, sigma_px=rig.dust_px)
    passing *= 1 - rig.dust_loss * dust
    first = glow[0] + rig.specks_nuclear_level * specks
    second = glow[1] + rig.specks_counterstain_level * specks
    blurred_share = np.clip(focus, 0, 1)
    return (
        passing * _seen(first, rig.haze * rig.haze_nuclear, blurred_share, rig),
        passing * _seen(second, rig.haze, blurred_share, rig),
    )


def _seen(light: Floats, haze: float, blurred_share: Floats, rig: MuseSpec) -> Floats:
    """Light of the surface, more or less in focus, and of what lies below it."""
    seen = blur(light, rig.blur_px) if rig.blur_px else light.copy()
    if rig.defocus_px:
        seen += blurred_share * (blur(seen, rig.defocus_px) - seen)
    if haze:
        seen += haze * blur(light, rig.haze_px)
    return seen


def _part(dye: Vector, channel: int) -> float:
    return dye[channel] / max(dye)


def _photo(rng: Generator, light: Floats, rig: MuseSpec) -> Floats:
    """The grey levels that a camera makes of light, which may be written to."""
    if rig.read_noise or math.isfinite(rig.electrons):
        # Many electrons are counted with Gaussian errors, which are drawn far faster.
        spread = np.sqrt(light * (255 / rig.electrons) + rig.read_noise**2)
        light += spread * rng.standard_normal(light.shape, dtype=np.float32)
    np.clip(light, 0, 255, out=light)
    if rig.gamma != 1:
        light /= 255
        light **= np.float32(1 / rig.gamma)
        light *= 255
    return np.rint(light)
