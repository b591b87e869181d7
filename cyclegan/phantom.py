"""Made-up tissue: glands in fibrous stroma with lymphocytes, as two concentration maps.

It looks enough like tissue at 0.5 µm per pixel (nuclei 8 to 18 px long) to show what a
translation does, and it is known exactly, so that neither tests nor the sample need a real file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from cyclegan.noise import smooth_noise
from cyclegan.nuclei import Nucleus, stamp, window
from cyclegan.stains import Floats

Mask = NDArray[np.bool_]
Shape = tuple[int, int]

SPACING_UM = 0.5
"""µm per pixel at which the sizes are those of real tissue."""
GLAND_PITCH_PX = 190
"""Mean distance between glands."""
SPINDLE_PITCH_PX = 27
"""Mean distance between the nuclei of fibres."""
LYMPHOCYTE_PITCH_PX = 13
"""Mean distance between lymphocytes where they crowd."""


@dataclass(frozen=True)
class Tissue:
    """Tissue as its dyes see it; all maps are (height, width)."""

    nuclear: Floats
    """Concentration of a nuclear dye, 0..1."""
    counterstain: Floats
    """Concentration of a stain of cytoplasm and fibres, 0..1."""
    nuclei: Mask
    """Where nuclei are."""


@dataclass(frozen=True)
class Gland:
    """A round gland, in px; its centre may lie outside the map."""

    y: float
    x: float
    radius: float
    """Mean distance from the centre to the membrane."""
    lumen: float
    """Radius of the hole as a share of that distance."""
    phase: float
    """Turns the outline, in radians."""

    def edge(self, angle: Floats) -> Floats:
        """Distance from the centre to the membrane in each direction, in px."""
        wobble = 0.14 * np.cos(2 * angle + self.phase) + 0.07 * np.cos(3 * angle - 2 * self.phase)
        return np.asarray(self.radius * (1 + wobble), dtype=np.float32)


def grow(height: int, width: int, *, seed: int = 0) -> Tissue:
    """Tissue of any size from 1 px up; the same size and seed give the same tissue."""
    rng = np.random.default_rng(seed)
    counterstain, angle = _stroma(rng, (height, width))
    occupied = np.zeros((height, width), dtype=bool)
    grain = smooth_noise(rng, occupied.shape, (3, 3))
    nuclei: list[Nucleus] = []
    for y, x in _grid(rng, occupied.shape, GLAND_PITCH_PX, share=0.85):
        gland = Gland(y, x, rng.uniform(45, 85), rng.uniform(0.2, 0.5), rng.uniform(0, math.pi))
        _draw(gland, counterstain, occupied, grain)
        nuclei += _epithelium(rng, gland)
    nuclei += _spindles(rng, angle, occupied)
    nuclei += _lymphocytes(rng, occupied)
    nuclear = np.zeros_like(counterstain)
    for nucleus in nuclei:
        stamp(nucleus, nuclear, counterstain, grain)
    intact = _intact(rng, nuclear.shape)
    return Tissue(
        _scaled(nuclear * intact), _scaled(counterstain * intact), nuclear * intact > 0.25
    )


def _stroma(rng: Generator, shape: Shape) -> tuple[Floats, Floats]:
    """Counterstain of wavy fibres, and the angle of the fibres in radians from x towards y."""
    y, x = np.indices(shape, dtype=np.float32)
    reach = 150
    wave = np.clip(45 * smooth_noise(rng, shape, (170, 230)), -reach, reach)
    fibres = np.zeros(shape, dtype=np.float32)
    for thickness, length, weight in ((6.0, 110.0, 0.5), (3.0, 50.0, 0.3)):
        straight = smooth_noise(rng, (shape[0] + 2 * reach, shape[1]), (thickness, length))
        bent = ndimage.map_coordinates(straight, (y + wave + reach, x), order=1, mode="nearest")
        fibres += weight * np.exp(-((bent / 0.5) ** 2))
    density = np.clip(0.8 + 0.4 * smooth_noise(rng, shape, (120, 160)), 0.3, 1.2)
    slope_y, slope_x = (ndimage.sobel(wave, axis=axis, mode="nearest") / 8 for axis in (0, 1))
    return (0.22 + fibres) * density, np.arctan2(-slope_x, 1 + slope_y)


def _grid(
    rng: Generator, shape: tuple[int, ...], pitch: float, *, share: float = 1.0
) -> Iterator[tuple[float, float]]:
    """(y, x) on a jittered brick pattern that reaches past the edges; a share of it is kept."""
    for row in range(-1, int(shape[0] / pitch) + 2):
        for column in range(-1, int(shape[1] / pitch) + 2):
            dy, dx = rng.uniform(-0.35, 0.35, 2)
            if rng.random() < share:
                yield (row + 0.5 + dy) * pitch, (column + 0.5 * (row % 2) + 0.25 + dx) * pitch


def _draw(gland: Gland, counterstain: Floats, occupied: Mask, grain: Floats) -> None:
    """A membrane, a ring of epithelium and an empty lumen, in place."""
    part = window(gland.y, gland.x, 1.3 * gland.radius, counterstain.shape)
    y, x = np.mgrid[part].astype(np.float32)
    edge = gland.edge(np.arctan2(y - gland.y, x - gland.x))
    depth = np.hypot(y - gland.y, x - gland.x) / edge
    cells = 0.4 + 0.25 * np.exp(-(((depth - gland.lumen) * 8) ** 2))
    cells *= 1 + 0.15 * grain[part]
    cells *= np.clip((depth - gland.lumen) * gland.radius / 2 + 0.5, 0, 1)
    membrane = 0.45 * np.exp(-(((depth - 1.02) * gland.radius / 2) ** 2))
    counterstain[part] = np.where(depth < 1, cells, counterstain[part]) + membrane
    occupied[part] |= depth < 1.08


def _epithelium(rng: Generator, gland: Gland) -> list[Nucleus]:
    """Nuclei side by side near the base of a gland, pointing to its centre."""
    count = int(2 * math.pi * 0.77 * gland.radius / 10.5)
    jitter = rng.uniform(-0.25, 0.25, count)
    angles = ((np.arange(count) + jitter) * 2 * math.pi / count).astype(np.float32)
    away = 0.77 + 0.07 * rng.standard_normal(count)
    distance = gland.edge(angles) * away
    return [
        Nucleus(
            gland.y + float(d * np.sin(a)),
            gland.x + float(d * np.cos(a)),
            long=rng.uniform(6.5, 9.0),
            short=rng.uniform(4.0, 5.2),
            angle=float(a) + rng.normal(0, 0.2),
            strength=rng.uniform(0.6, 0.9),
        )
        for a, d in zip(angles, distance, strict=True)
    ]


def _spindles(rng: Generator, angle: Floats, occupied: Mask) -> Iterator[Nucleus]:
    """Slender nuclei along the fibres."""
    for y, x in _free(_grid(rng, occupied.shape, SPINDLE_PITCH_PX, share=0.8), occupied):
        long, short = rng.uniform(6.0, 10.0), rng.uniform(1.8, 3.0)
        along = float(angle[int(y), int(x)]) + rng.normal(0, 0.15)
        yield Nucleus(y, x, long, short, along, strength=rng.uniform(0.6, 1.0))


def _lymphocytes(rng: Generator, occupied: Mask) -> Iterator[Nucleus]:
    """Small, round, dark nuclei in crowds."""
    crowd = smooth_noise(rng, occupied.shape, (110, 110))
    lone = crowd < rng.normal(0.55, 0.3, occupied.shape)
    for y, x in _free(_grid(rng, occupied.shape, LYMPHOCYTE_PITCH_PX), occupied | lone):
        long, short = rng.uniform(4.2, 5.2), rng.uniform(3.7, 4.2)
        yield Nucleus(y, x, long, short, rng.uniform(0, math.pi), rng.uniform(0.8, 1.0))


def _free(places: Iterator[tuple[float, float]], taken: Mask) -> Iterator[tuple[float, float]]:
    """The places that lie on the map and are not taken."""
    height, width = taken.shape
    for y, x in places:
        if 0 <= y < height and 0 <= x < width and not taken[int(y), int(x)]:
            yield y, x


def _intact(rng: Generator, shape: tuple[int, ...]) -> Floats:
    """1 in tissue and 0 in the clefts that cutting tears."""
    depth = smooth_noise(rng, shape, (150, 190)) + 0.06 * smooth_noise(rng, shape, (25, 25))
    return np.asarray(np.clip((1.25 - depth) * 12, 0, 1), dtype=np.float32)


def _scaled(concentration: Floats) -> Floats:
    """Concentrations with the strongest 0.3 % clipped to 1."""
    top = float(np.percentile(concentration, 99.7))
    return np.asarray(np.clip(concentration / max(top, 1e-6), 0, 1), dtype=np.float32)
