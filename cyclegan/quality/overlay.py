"""A map as a small transparent picture, to be laid over the image or its result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from cyclegan.quality.maps import Colour
from cyclegan.stains import Floats

MOST = 0.75
"""Opacity where something is surely wrong: what lies below still shows."""


def write_overlay(values: Floats, colour: Colour, path: Path) -> None:
    """Write a map, (rows, columns), 0..1 or NaN, as a PNG with a px for each cell.

    The colour is everywhere the same and its opacity follows the map; where nothing is known there
    is nothing to be seen.
    """
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = np.rint(255 * MOST * np.clip(np.nan_to_num(values), 0, 1))
    Image.fromarray(pixels).save(path, "PNG", optimize=True)
