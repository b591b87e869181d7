"""What the samples of a TIFF page mean, and how they become grey or RGB of full range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tifffile import PHOTOMETRIC, TiffPage

from cyclegan.images.raster import Alpha, Band

EXTRA: dict[int, Alpha] = {1: "premultiplied", 2: "straight"}
"""TIFF's ExtraSamples that are alpha."""
PALETTE = 3
COLOURS: dict[int, Literal[1, 3]] = {
    PHOTOMETRIC.MINISWHITE: 1,
    PHOTOMETRIC.MINISBLACK: 1,
    PHOTOMETRIC.PALETTE: 1,
    PHOTOMETRIC.RGB: 3,
    PHOTOMETRIC.YCBCR: 3,
}
"""Samples per pixel that are colour in the file, by photometric interpretation."""
TURNS_TO_RGB = {6, 7, 33007, 34892, 50001, 50002, 52546}
"""Compressions whose decoder turns YCbCr to RGB: JPEG, WebP, JPEG XL."""
JPEG_2000_YCBCR = 33003
"""Aperio's JPEG 2000 of YCbCr, whatever its page says."""

Step = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class Samples:
    """The meaning of a page's samples."""

    bits: int
    """Bits per sample in the file; 8 for fewer, 16 for 9 to 15."""
    dtype: np.dtype[Any]
    """Type once finished."""
    in_file: Literal[1, 3]
    """Samples that are colour in the file."""
    colours: Literal[1, 3]
    """Samples that are colour once finished."""
    alpha: Alpha
    steps: tuple[Step, ...]
    """What is done to the colour samples, in order."""
    alpha_steps: tuple[Step, ...]
    """What is done to the alpha."""
    is_readable: bool
    """Whether tifffile's samples can be used; otherwise Pillow must try."""
    refusal: str
    """What to say when Pillow cannot either."""
    notes: tuple[str, ...]

    def is_like(self, other: Samples) -> bool:
        """Whether finished samples of both can stand for each other."""
        mine = (self.bits, self.dtype, self.colours, self.alpha)
        return mine == (other.bits, other.dtype, other.colours, other.alpha)

    def finish(self, band: Band) -> Band:
        """Colours, then alpha, of the full range of their type; (rows, width, samples)."""
        colours = band[:, :, : self.in_file]
        for step in self.steps:
            colours = step(colours)
        if self.alpha == "none":
            return colours
        alpha = band[:, :, self.in_file : self.in_file + 1]
        for step in self.alpha_steps:
            alpha = step(alpha)
        return np.concatenate([colours, alpha], axis=2)


def samples_of(page: TiffPage) -> Samples:
    """The meaning of a page's samples."""
    bits = page.bitspersample if isinstance(page.bitspersample, int) else max(page.bitspersample)
    in_file = COLOURS.get(page.photometric, 1)
    extras = tuple(page.extrasamples)
    alpha: Alpha = EXTRA.get(extras[0], "none") if extras else "none"
    ignored = page.samplesperpixel - in_file - (alpha != "none")
    widened = _widen(bits) if np.dtype(page.dtype).kind in "bu" else ()
    is_palette = page.photometric == PALETTE
    return Samples(
        bits=max(8, bits) if bits <= 8 or bits > 16 else 16,
        dtype=np.dtype(np.uint8) if bits <= 8 or is_palette else np.dtype(page.dtype),
        in_file=in_file,
        colours=3 if is_palette else in_file,
        alpha=alpha,
        steps=(_look_up(page),) if is_palette else (*widened, *_colour_steps(page)),
        alpha_steps=widened,
        is_readable=_is_readable(page),
        refusal=_refusal(page, bits),
        notes=(f"{ignored} extra channels of the file were left out.",) if ignored > 0 else (),
    )


def _is_readable(page: TiffPage) -> bool:
    if page.photometric not in COLOURS or not isinstance(page.bitspersample, int):
        return False
    if page.dtype is None or np.dtype(page.dtype).kind not in "buif":
        return False
    if page.photometric == PALETTE and page.colormap is None:
        return False
    is_ycbcr = page.photometric == PHOTOMETRIC.YCBCR
    # Decoded plane by plane, or beside an alpha, YCbCr stays what it is.
    return not (
        is_ycbcr and (page.planarconfig == 2 or page.extrasamples or page.bitspersample != 8)
    )


def _refusal(page: TiffPage, bits: int) -> str:
    colours = getattr(page.photometric, "name", page.photometric)
    compression = getattr(page.compression, "name", page.compression)
    return (
        f"the TIFF file has colours of the kind {colours} with {bits} bits, compressed as "
        f"{compression}, which cannot be read; save it as grey or RGB without compression"
    )


def _widen(bits: int) -> tuple[Step, ...]:
    """To the full range of 8 or 16 bits."""
    if bits < 8:
        table = (np.arange(2**bits) * 255 / (2**bits - 1)).round().astype(np.uint8)
        return (lambda samples: table[samples.astype(np.uint8)],)
    if 8 < bits < 16:
        return (lambda samples: samples << (16 - bits),)
    return ()


def _colour_steps(page: TiffPage) -> tuple[Step, ...]:
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        return (_negative,)
    is_ycbcr = page.photometric == PHOTOMETRIC.YCBCR and page.compression not in TURNS_TO_RGB
    if is_ycbcr or page.compression == JPEG_2000_YCBCR:
        return (_from_ycbcr,)
    return ()


def _negative(samples: NDArray[Any]) -> NDArray[Any]:
    return np.invert(samples) if samples.dtype.kind in "ui" else -samples


def _from_ycbcr(samples: NDArray[Any]) -> NDArray[Any]:
    """RGB of full-range YCbCr as in JPEG, (rows, width, 3) uint8."""
    y, blue, red = np.moveaxis(samples.astype(np.float32) - (0, 128, 128), 2, 0)
    rgb = np.stack(
        [y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue], axis=2
    )
    return rgb.round().clip(0, 255).astype(np.uint8)


def _look_up(page: TiffPage) -> Step:
    """From palette entries to RGB, (rows, width, 3) uint8."""
    table = np.asarray(page.colormap).T  # (3, entries) -> (entries, 3)
    # Entries have 16 bits; some old programs wrote 8.
    colours = (table >> 8 if table.max() > 255 else table).astype(np.uint8)
    return lambda samples: colours[samples[:, :, 0]]
