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


@dataclass(frozen=True)
class Survey:
    """What only a look at all pixels of an image tells."""

    window: Window | None
    """For deep samples."""
    alpha: Alpha
    """"none" also where all pixels are equally transparent."""


def develop(raster: Raster) -> tuple[Iterator[Pixels], tuple[str, ...]]:
    """The rows from the top, lazily, each (n, width, 3) uint8, and notes on how they were made.

    Raises CorruptImage when the bands do not add up to the image.
    """
    recipe, notes = recipe_of(raster)
    return (recipe.develop(band) for band in _bands(raster)), notes


def recipe_of(raster: Raster, survey: Survey | None = None) -> tuple[Recipe, tuple[str, ...]]:
    """How any part of the raster becomes RGB, and notes on that; pixels do not see each other.

    Deep samples and an alpha need a look at all pixels, unless an earlier one's outcome is given.
    """
    notes: list[str] = []
    recipe = Recipe(raster.colours)
    if raster.icc:
        convert, note = converter(raster.icc, colours=raster.colours, dtype=raster.dtype)
        recipe = replace(recipe, convert=convert)
        notes += [note] if note else []
    survey = survey or _survey(raster, recipe)
    notes += [survey.window.note] if survey.window else []
    notes += [ON_BLACK] if survey.alpha != "none" else []
    return replace(recipe, window=survey.window, alpha=survey.alpha), tuple(notes)


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


def _survey(raster: Raster, recipe: Recipe) -> Survey:
    is_opaque = raster.alpha == "none" or _alpha_is_constant(raster)
    return Survey(
        window=None if raster.dtype == np.uint8 else _window(raster, recipe),
        alpha="none" if is_opaque else raster.alpha,
    )


def _window(raster: Raster, recipe: Recipe) -> Window:
    return find_window(lambda: (recipe.deep_colours(band) for band in _bands(raster)), raster.dtype)


def _alpha_is_constant(raster: Raster) -> bool:
    seen: set[Any] = set()
    for band in _bands(raster):
        alpha = band[:, :, raster.colours]
        seen |= {alpha.min(), alpha.max()}
        if len(seen) > 1:
            return False
    return True
