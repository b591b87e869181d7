"""The rig of a MUSE-like picture: a section, its dyes, a microscope and a camera, as numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cyclegan.errors import SettingsError
from cyclegan.stains import EOSIN, HAEMATOXYLIN, Vector

NOT_NEGATIVE = (
    "haze",
    "haze_px",
    "blur_px",
    "defocus_px",
    "specks_per_mpx",
    "specks_nuclear_level",
    "specks_counterstain_level",
    "dust_per_mpx",
    "read_noise",
)
SHARES = (
    "nuclear_quenching",
    "counterstain_quenching",
    "haze_nuclear",
    "dust_loss",
    "shading",
    "vignetting",
)
POSITIVE = (
    "nuclear_level",
    "counterstain_level",
    "nuclear_exponent",
    "counterstain_exponent",
    "specks_px",
    "dust_px",
    "gamma",
)
COLOURS = ("haematoxylin", "eosin", "nuclear_dye", "counterstain_dye", "gains")


@dataclass(frozen=True)
class MuseSpec:
    """A section, a microscope, its dyes and its camera. Grey levels are 0..255 of linear light.

    Raises SettingsError when a number makes no sense.
    """

    haematoxylin: Vector = HAEMATOXYLIN
    """Optical density of the stain that an H&E picture's nuclei are told by; any length."""
    eosin: Vector = EOSIN
    """Optical density of the stain that its counterstain is told by; any length."""
    nuclear_dye: Vector = (0.38, 0.42, 1.0)
    """Red, green, blue of the nuclear dye (Hoechst, DAPI), relative to its strongest part."""
    counterstain_dye: Vector = (1.0, 0.50, 0.24)
    """Red, green, blue of the counterstain (eosin, rhodamine), in the same way."""
    nuclear_level: float = 215.0
    """Grey level of the strongest part where the nuclear concentration is 1."""
    counterstain_level: float = 175.0
    """Grey level of the strongest part where the counterstain concentration is 1."""
    nuclear_floor: float = 0.0
    """Concentration up to which haematoxylin is in stroma, where the nuclear dye does not go."""
    nuclear_exponent: float = 1.0
    """Light of the nuclear dye is its concentration, above the floor, to this power."""
    counterstain_exponent: float = 1.0
    """Light of the counterstain is its concentration to this power."""
    nuclear_quenching: float = 0.0
    """Share of the nuclear dye's light lost where the counterstain's concentration is 1."""
    counterstain_quenching: float = 0.0
    """Share of the counterstain's light lost where the nuclear concentration is 1."""
    ambient: Vector = (14.0, 10.0, 14.0)
    """Grey levels without any dye: stray light and camera offset."""
    haze: float = 0.6
    """Light from below the surface as a share of the light of the surface."""
    haze_nuclear: float = 1.0
    """Share of the nuclear dye's light in that haze, where 1 is what the surface has."""
    haze_px: float = 18.0
    """Blur of that light: standard deviation of a Gaussian."""
    blur_px: float = 0.0
    """Blur where the field is in focus: standard deviation of a Gaussian."""
    defocus_px: float = 1.2
    """Further blur where the field is most out of focus: standard deviation of a Gaussian."""
    specks_per_mpx: float = 0.0
    """Autofluorescent specks in a million px; they glow in both dyes and are no nuclei."""
    specks_nuclear_level: float = 150.0
    """Grey level of the brightest speck in the colour of the nuclear dye."""
    specks_counterstain_level: float = 150.0
    """Grey level of the brightest speck in the colour of the counterstain."""
    specks_px: float = 1.5
    """Size of a mean speck: standard deviation of a Gaussian."""
    dust_per_mpx: float = 0.0
    """Grains of dust on the optics, in a million px."""
    dust_loss: float = 0.3
    """Share of light lost behind the thickest grain."""
    dust_px: float = 8.0
    """Size of a mean grain: standard deviation of a Gaussian."""
    shading: float = 0.1
    """Share of light lost from the brighter to the darker end of the field."""
    vignetting: float = 0.1
    """Share of light lost in the corners."""
    gains: Vector = (1.0, 1.0, 1.0)
    """Amplification of red, green and blue (white balance); what exceeds 255 saturates."""
    electrons: float = 15000.0
    """Electrons at level 255, which decide the shot noise; infinite for none."""
    read_noise: float = 0.7
    """Standard deviation of the read noise in grey levels."""
    gamma: float = 1.0
    """Exponent of the camera's response: level = 255 * (light / 255) ** (1 / gamma)."""
    seed: int = 0
    """Of noise, focus, specks, dust and direction of the shading."""

    def __post_init__(self) -> None:
        for name in NOT_NEGATIVE:
            if not 0 <= getattr(self, name) < math.inf:
                raise SettingsError(f"{name} is {getattr(self, name)}; it must be 0 or more")
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} is {getattr(self, name)}; it must lie in 0..1")
        for name in POSITIVE:
            if not 0 < getattr(self, name) < math.inf:
                raise SettingsError(f"{name} is {getattr(self, name)}; it must be more than 0")
        if not self.electrons > 0:
            raise SettingsError(f"electrons is {self.electrons}; it must be more than 0")
        for name in COLOURS:
            colour = getattr(self, name)
            if not all(0 <= part < math.inf for part in colour) or not any(colour):
                raise SettingsError(f"{name} is {colour}; no part may be below 0, nor all be 0")
        if not 0 <= self.nuclear_floor < 1:
            raise SettingsError(
                f"nuclear_floor is {self.nuclear_floor}; it must be 0 or more and less than 1"
            )
        if not all(0 <= part < math.inf for part in self.ambient):
            raise SettingsError(f"ambient is {self.ambient}; no part may be below 0")


CLEAN = MuseSpec(haze=0, defocus_px=0, shading=0, vignetting=0, electrons=math.inf, read_noise=0)
"""The two dyes and the ambient light alone."""
