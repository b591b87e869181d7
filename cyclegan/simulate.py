"""H&E to a MUSE-like picture by a model of dyes, optics and camera; seeded.

Two dyes glow in linear light. Light from below the surface adds haze, parts of the field are out
of focus, illumination falls off, and the camera adds shot and read noise, saturates and rounds.
Scores on such pictures test code, not medicine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cyclegan.errors import SettingsError
from cyclegan.images.image import Pixels
from cyclegan.noise import smooth_noise
from cyclegan.stains import Floats, Vector, render, separate


@dataclass(frozen=True)
class MuseSpec:
    """A microscope, its dyes and its camera. Grey levels are 0..255 of linear light."""

    nuclear_dye: Vector = (0.38, 0.42, 1.0)
    """Red, green, blue of the nuclear dye (Hoechst, DAPI), relative to its strongest part."""
    counterstain_dye: Vector = (1.0, 0.50, 0.24)
    """Red, green, blue of the counterstain (eosin, rhodamine), in the same way."""
    nuclear_level: float = 215.0
    """Grey level of the strongest part where the nuclear concentration is 1."""
    counterstain_level: float = 175.0
    """Grey level of the strongest part where the counterstain concentration is 1."""
    ambient: Vector = (14.0, 10.0, 14.0)
    """Grey levels without any dye: stray light and camera offset."""
    haze: float = 0.6
    """Light from below the surface as a share of the light of the surface."""
    haze_px: float = 18.0
    """Blur of that light: standard deviation of a Gaussian."""
    defocus_px: float = 1.2
    """Blur where the field is most out of focus: standard deviation of a Gaussian."""
    shading: float = 0.1
    """Share of light lost from the brighter to the darker end of the field."""
    vignetting: float = 0.1
    """Share of light lost in the corners."""
    electrons: float = 15000.0
    """Electrons at level 255, which decide the shot noise; infinite for none."""
    read_noise: float = 0.7
    """Standard deviation of the read noise in grey levels."""
    gamma: float = 1.0
    """Exponent of the camera's response: level = 255 * (light / 255) ** (1 / gamma)."""
    seed: int = 0
    """Of noise, focus and direction of the shading."""

    def __post_init__(self) -> None:
        for name in ("haze", "haze_px", "defocus_px", "shading", "vignetting", "read_noise"):
            if not 0 <= getattr(self, name) < math.inf:
                raise SettingsError(f"{name} is {getattr(self, name)}; it must be 0 or more")
        for name in ("nuclear_level", "counterstain_level", "electrons", "gamma"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"{name} is {getattr(self, name)}; it must be more than 0")


CLEAN = MuseSpec(haze=0, defocus_px=0, shading=0, vignetting=0, electrons=math.inf, read_noise=0)
"""The two dyes and the ambient light alone."""


@dataclass(frozen=True)
class Simulation:
    """A made picture and what is true of it; maps are (height, width) float32, 0..1."""

    muse: Pixels
    """The MUSE-like picture."""
    nuclear: Floats
    """Concentration of the nuclear dye."""
    counterstain: Floats
    """Concentration of the counterstain."""
    he: Pixels
    """Both concentrations drawn as H&E by `render`."""


def simulate(he: Pixels, spec: MuseSpec | None = None) -> Simulation:
    """A MUSE-like picture of the tissue of an H&E picture, (height, width, 3) uint8.

    The concentrations are those of haematoxylin and eosin, each over its 99.7th percentile.
    """
    stains = np.clip(separate(he)[..., :2], 0, None)
    tops = np.maximum(np.percentile(stains, 99.7, axis=(0, 1)), 0.05)
    scaled = np.clip(stains / tops, 0, 1).astype(np.float32)
    return expose(scaled[..., 0], scaled[..., 1], spec)


def expose(nuclear: Floats, counterstain: Floats, spec: MuseSpec | None = None) -> Simulation:
    """A MUSE-like picture of two concentration maps, (height, width) float32, 0..1."""
    rig = spec or MuseSpec()
    rng = np.random.default_rng(rig.seed)
    light = _glow(nuclear, rig.nuclear_dye, rig.nuclear_level)
    light += _glow(counterstain, rig.counterstain_dye, rig.counterstain_level)
    if rig.haze:
        light += rig.haze * _blurred(light, rig.haze_px)
    if rig.defocus_px:
        _defocus(rng, light, rig.defocus_px)
    light *= _illumination(rng, nuclear.shape, rig)[..., None]
    light += np.asarray(rig.ambient, dtype=np.float32)
    return Simulation(_photo(rng, light, rig), nuclear, counterstain, render(nuclear, counterstain))


def _glow(concentration: Floats, dye: Vector, level: float) -> Floats:
    colour = np.asarray(dye, dtype=np.float32) * level / max(dye)
    return np.asarray(concentration[..., None] * colour, dtype=np.float32)


def _blurred(light: Floats, sigma_px: float) -> Floats:
    return np.asarray(ndimage.gaussian_filter(light, (sigma_px, sigma_px, 0), mode="nearest"))


def _defocus(rng: Generator, light: Floats, sigma_px: float) -> None:
    """Mix in a blurred copy, in place, by a share that varies over the field."""
    share = np.clip(0.5 + 0.7 * smooth_noise(rng, light.shape[:2], (400, 400)), 0, 1)[..., None]
    light += share * (_blurred(light, sigma_px) - light)


def _illumination(rng: Generator, shape: tuple[int, ...], rig: MuseSpec) -> Floats:
    """The share of the light that each pixel gets, (height, width), 0..1."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) if n > 1 else np.zeros(1) for n in shape)
    angle = rng.uniform(0, 2 * math.pi)
    ramp = 0.5 + (math.sin(angle) * y[:, None] + math.cos(angle) * x) / (2 * math.sqrt(2))
    corner = (y[:, None] ** 2 + x**2) / 2
    return np.asarray((1 - rig.shading * ramp) * (1 - rig.vignetting * corner), dtype=np.float32)


def _photo(rng: Generator, light: Floats, rig: MuseSpec) -> Pixels:
    if math.isfinite(rig.electrons):
        light = rng.poisson(light * (rig.electrons / 255)) * np.float32(255 / rig.electrons)
    if rig.read_noise:
        light = light + rig.read_noise * rng.standard_normal(light.shape, dtype=np.float32)
    response = (np.clip(light, 0, 255) / 255) ** (1 / rig.gamma)
    return np.rint(255 * response).astype(np.uint8)
