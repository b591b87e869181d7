"""Fluorescence pixels to H&E pixels: unmixing and Beer-Lambert colouring in one pass.

Every step is elementwise, so equal pixels become equal pixels wherever they stand; a matrix
product would be shorter, but libraries round its last columns in another way than the others.
"""

from __future__ import annotations

import math

import numpy as np

from cyclegan.dyes import PAPER_LEVEL, Dyes
from cyclegan.images.image import Pixels
from cyclegan.stains import Colouring, Floats, Vector

CHUNK_PX = 16_384
"""Pixels worked on at once: the eight planes in use (512 KiB) stay in the processor's cache."""
PAPER_RAMP = 15.0
"""Grey levels below `PAPER_LEVEL` over which colours fade to white, where white is paper."""


def recolour(pixels: Pixels, out: Pixels, *, dyes: Dyes, colouring: Colouring) -> None:
    """Write the H&E colours of pixels, (n, 3) uint8, to `out` of the same shape."""
    planes = np.empty((8, min(CHUNK_PX, len(pixels))), dtype=np.float32)
    for start in range(0, len(pixels), CHUNK_PX):
        part = pixels[start : start + CHUNK_PX]
        work = planes[:, : len(part)]
        concentrations(part, dyes, work)
        if dyes.paper:
            work[:2] *= paperless(part)
        _draw(work, colouring, out[start : start + CHUNK_PX])


def concentrations(pixels: Pixels, dyes: Dyes, work: Floats) -> None:
    """Put the concentrations, 0..1, of pixels, (n, 3) uint8, in planes 0 (nuclear) and 1 of `work`.

    The form is that of `unmix`. `work` is (8, n); planes 2 to 4 hold red, green and blue above the
    background afterwards, the rest nothing of use.
    """
    signal, alone, scratch = work[2:5], work[5:7], work[7]
    for channel in range(3):
        np.copyto(signal[channel], pixels[:, channel])
        signal[channel] -= dyes.background[channel]
    _projection(signal, dyes.nuclear, scratch, out=alone[0])
    _projection(signal, dyes.counterstain, scratch, out=alone[1])
    overlap = math.fsum(a * b for a, b in zip(dyes.nuclear, dyes.counterstain, strict=True))
    _share(alone[0], alone[1], overlap, dyes.nuclear_range, out=work[0])
    _share(alone[1], alone[0], overlap, dyes.counterstain_range, out=work[1])


def _projection(signal: Floats, colour: Vector, scratch: Floats, *, out: Floats) -> None:
    np.multiply(signal[0], colour[0], out=out)
    for channel in (1, 2):
        np.multiply(signal[channel], colour[channel], out=scratch)
        out += scratch


def _share(
    own: Floats, other: Floats, overlap: float, limits: tuple[float, float], *, out: Floats
) -> None:
    """The concentration of one dye from the projections on it and on the other dye."""
    low, high = limits
    np.multiply(other, -overlap, out=out)
    out += own
    out *= 1 / (1 - overlap**2)
    np.minimum(out, own, out=out)
    out -= low
    out *= 1 / (high - low)
    np.clip(out, 0, 1, out=out)


def paperless(pixels: Pixels) -> Floats:
    """How little a pixel looks like paper, (n,) float32, 0..1."""
    level = pixels.min(axis=1).astype(np.float32)
    return np.asarray(np.clip((PAPER_LEVEL - level) / PAPER_RAMP, 0, 1), dtype=np.float32)


def _draw(work: Floats, look: Colouring, out: Pixels) -> None:
    nuclear, counterstain, light, scratch = work[:4]
    for channel in range(3):
        np.multiply(nuclear, -look.nuclear_k * look.nuclear[channel], out=light)
        np.multiply(counterstain, look.counterstain_k * look.counterstain[channel], out=scratch)
        light -= scratch
        light += math.log(255)
        np.exp(light, out=light)
        light += 0.5  # the cast cuts
        np.copyto(out[:, channel], light, casting="unsafe")
