"""From an embedded colour profile to sRGB, at 8 or 16 bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from imagecodecs import cms_transform
from numpy.typing import NDArray

from cyclegan.images.srgb import srgb_profile

Colours = NDArray[Any]
"""(height, width, 1 or 3) uint8 or uint16."""
Convert = Callable[[Colours], Colours]
"""From the profile's colours to sRGB, (height, width, 3) of the same type."""

CONVERTED = "Colours were converted from the embedded ICC profile to sRGB."
NOT_USED = "The embedded ICC profile is damaged or does not fit the image; sRGB was assumed."
TOO_DEEP = "The embedded ICC profile was not applied, because the samples are not 8 or 16 bit."

SPACE = slice(16, 20)
"""Where a profile says which colour space it is for."""


def converter(
    profile: bytes, *, colours: int, dtype: np.dtype[Any]
) -> tuple[Convert | None, str | None]:
    """What converts to sRGB, and a note; None for sRGB itself and for what cannot be used."""
    if dtype not in (np.uint8, np.uint16):
        return None, TOO_DEEP
    space = profile[SPACE]
    if space == b"GRAY" and colours == 1:
        convert = _from_grey(profile)
    elif space == b"RGB ":
        convert = _from_rgb(profile)
    else:
        return None, NOT_USED
    try:
        changes = _changes(convert, colours, dtype)
    except (RuntimeError, ValueError):
        return None, NOT_USED
    return (convert, CONVERTED) if changes else (None, None)


def as_rgb(colours: Colours) -> Colours:
    """Grey as three equal samples; RGB as it is."""
    return colours if colours.shape[2] == 3 else colours.repeat(3, axis=2)


def _from_rgb(profile: bytes) -> Convert:
    def convert(colours: Colours) -> Colours:
        rgb = np.ascontiguousarray(as_rgb(colours))
        return cms_transform(rgb, profile, srgb_profile(), colorspace="rgb", outcolorspace="rgb")

    return convert


def _from_grey(profile: bytes) -> Convert:
    def convert(colours: Colours) -> Colours:
        grey = np.ascontiguousarray(colours[:, :, 0])
        return cms_transform(grey, profile, srgb_profile(), colorspace="gray", outcolorspace="rgb")

    return convert


def _changes(convert: Convert, colours: int, dtype: np.dtype[Any]) -> bool:
    """Whether the conversion moves any of some hundred colours by more than one part in 255."""
    limit = int(np.iinfo(dtype).max)
    steps = np.linspace(0, limit, 9).round().astype(dtype)
    axes = np.meshgrid(*[steps] * colours, indexing="ij")
    samples = np.stack([axis.ravel() for axis in axes], axis=-1)[None]  # (1, 9 or 729, colours)
    moved = np.abs(convert(samples).astype(np.int64) - as_rgb(samples))
    return int(moved.max()) > limit // 255
