"""Made fields whose metrics are known beforehand."""

from __future__ import annotations

import numpy as np

from cyclegan.dyes import NO_DYE, Dyes
from cyclegan.evaluate.field import Field, Lines, Scene
from cyclegan.images.image import Pixels
from cyclegan.stains import Floats, render

DYES = Dyes(
    background=(0.0, 0.0, 0.0),
    nuclear=(0.0, 0.0, 1.0),
    counterstain=(1.0, 0.0, 0.0),
    nuclear_range=(0.0, 255.0),
    counterstain_range=(0.0, 255.0),
)
"""Blue is all nuclear dye and red all counterstain."""
ONE_COLOUR = Dyes((9.0, 9.0, 9.0), NO_DYE, NO_DYE, (0.0, 24.0), (0.0, 24.0))


def flat(height: int, width: int, level: int) -> Pixels:
    """A picture of one grey."""
    return np.full((height, width, 3), level, np.uint8)


def places(count: int, side: int, seed: int = 0) -> list[tuple[int, int]]:
    """(y, x) of places on a jittered lattice, at least 12 px apart and from the edge."""
    rng = np.random.default_rng(seed)
    lattice = [(y, x) for y in range(16, side - 16, 18) for x in range(16, side - 16, 18)]
    chosen = rng.permutation(len(lattice))[:count]
    return [(lattice[i][0] + int(rng.integers(-2, 3)), lattice[i][1] + 1) for i in sorted(chosen)]


def discs(centres: list[tuple[int, int]], side: int = 256, radius: float = 4.5) -> Floats:
    """1 in discs, their edges soft, and 0 elsewhere."""
    y, x = np.mgrid[:side, :side]
    far = [np.hypot(y - cy, x - cx) for cy, cx in centres]
    nearest = np.min(far, axis=0) if far else np.full((side, side), np.inf)
    return np.clip(radius - nearest + 0.5, 0, 1).astype(np.float32)


def fluorescent(nuclear: Floats, counterstain: float = 0.2) -> Pixels:
    """What `DYES` take apart into these maps."""
    rgb = np.zeros((*nuclear.shape, 3), np.uint8)
    rgb[..., 0] = np.rint(255 * counterstain)
    rgb[..., 2] = np.rint(255 * nuclear)
    return rgb


def stained(nuclear: Floats, counterstain: float = 0.2) -> Pixels:
    """The same as H&E."""
    return render(nuclear, np.full_like(nuclear, counterstain))


def field_of(
    made: Pixels,
    *,
    given: Pixels | None = None,
    truth: Pixels | None = None,
    lines: Lines | None = None,
    twice: tuple[tuple[Pixels, Pixels], ...] = (),
    dyes: Dyes = DYES,
) -> Field:
    """What a metric is to look at; the input is the output where it does not matter."""
    scene = Scene(made if given is None else given, truth, dyes, spacing_um=0.5)
    return Field(scene, made, lines or Lines(), twice)
