"""From a raster to rows of 8-bit sRGB: colour profile, depth and alpha, in that order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cyclegan.errors import CorruptImage
from cyclegan.images.depth import Window, find_window
from cyclegan.images.icc import Convert, as_rgb, converter
from cyclegan.images.image import Pixels
from cyclegan.images.raster import BAND_PIXELS, Alpha, Band, Raster

ON_BLACK = "Transparent parts are shown on black."


@dataclass(frozen=True)
class Recipe:
    """How the bands of one raster become RGB."""

    colours: Literal[1, 3]
    alpha: Alpha = "none"
    convert: Convert | None = None
    window: Window | None = None

    def deep_colours(self, band: Band) -> NDArray[Any]:
        """The colour samples in sRGB at the depth of the file, (rows, width, 1 or 3)."""
        colours = band[:, :, : self.colours]
        return self.convert(colours) if self.convert else colours

    def develop(self, band: Band) -> Pixels:
        """The finished rows, (rows, width, 3) uint8."""
        colours = self.deep_colours(band)
        if self.window:
            colours = self.window.apply(colours)
        rgb: Pixels = as_rgb(colours)
        if self.alpha == "straight":
            rgb = on_black(rgb, band[:, :, self.colours])
        return rgb


def develop(raster: Raster) -> tuple[Iterator[Pixels], tuple[str, ...]]:
    """The rows from the top, lazily, each (n, width, 3) uint8, and notes on how they were made.

    Raises CorruptImage when the bands do not add up to the image.
    """
    dtype = raster.dtype
    notes: list[str] = []
    recipe = Recipe(raster.colours)
    if raster.icc:
        convert, note = converter(raster.icc, colours=raster.colours, dtype=dtype)
        recipe = replace(recipe, convert=convert)
        notes += [note] if note else []
    if dtype != np.uint8:
        recipe = replace(recipe, window=_window(raster, recipe, dtype))
        notes += [recipe.window.note] if recipe.window else []
    if raster.alpha != "none" and not _alpha_is_constant(raster):
        recipe = replace(recipe, alpha=raster.alpha)
        notes.append(ON_BLACK)
    return (recipe.develop(band) for band in _bands(raster)), tuple(notes)


def on_black(rgb: Pixels, alpha: NDArray[Any]) -> Pixels:
    """The colours over black, rounded; alpha is (rows, width), opaque at its type's maximum."""
    opaque = np.iinfo(alpha.dtype).max if np.issubdtype(alpha.dtype, np.integer) else 1
    part = alpha[:, :, None].astype(np.float32) / opaque
    seen: Pixels = (rgb * part.clip(0, 1)).round().astype(np.uint8)
    return seen


def _bands(raster: Raster) -> Iterator[Band]:
    """The raster's bands, cut to a bounded number of px, and complete."""
    rows = max(1, BAND_PIXELS // raster.width)
    done = 0
    for band in raster.bands():
        for top in range(0, len(band), rows):
            yield band[top : top + rows]
        done += len(band)
    if done != raster.height:
        raise CorruptImage(f"only {done} of {raster.height} rows are in the file")


def _window(raster: Raster, recipe: Recipe, dtype: np.dtype[Any]) -> Window:
    return find_window(lambda: (recipe.deep_colours(band) for band in _bands(raster)), dtype)


def _alpha_is_constant(raster: Raster) -> bool:
    values = {
        value
        for band in _bands(raster)
        for value in (band[:, :, raster.colours].min(), band[:, :, raster.colours].max())
    }
    return len(values) == 1
