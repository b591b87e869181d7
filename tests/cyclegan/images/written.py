"""What the tests of writing need: images written in portions, and looked at without our readers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import zarr
from PIL import Image

from cyclegan.images import create_image
from cyclegan.images.image import Pixels


def write(
    path: Path,
    pixels: Pixels,
    *,
    kind: str,
    rows: int = 99,
    um: float | None = 0.5,
    text: str = "",
    compression: str | None = None,
) -> Path:
    """The picture written in portions of so many rows."""
    height, width = pixels.shape[:2]
    with create_image(
        path,
        kind=kind,
        height=height,
        width=width,
        spacing_um=um,
        description=text,
        compression=compression,
    ) as writer:
        for top in range(0, height, rows):
            writer.write(pixels[top : top + rows])
    return path


def contents(path: Path) -> dict[str, bytes]:
    """All bytes of a file, or of the files in a folder by their names in it."""
    if path.is_file():
        return {"": path.read_bytes()}
    files = (one for one in sorted(path.rglob("*")) if one.is_file())
    return {str(one.relative_to(path)): one.read_bytes() for one in files}


def largest_level(path: Path) -> Pixels:
    """What is in a file or folder of any kind, as libraries see it."""
    if path.is_dir():
        return zarr_level(path, 0)
    with Image.open(path) as image:
        return np.asarray(image)


def zarr_level(path: Path, level: int) -> Pixels:
    """A level of an OME-Zarr folder by Zarr's own library, (height, width, 3)."""
    array = zarr.open_array(path / f"s{level}", mode="r")
    return np.moveaxis(np.asarray(array[:], np.uint8), 0, 2)


def levels_of(pixels: Pixels) -> list[Pixels]:
    """All levels of a pyramid, made at once, by the words of its documentation."""
    levels = [pixels]
    while max(levels[-1].shape) >= 512:
        levels.append(mean_of_four(levels[-1]))
    return levels


def mean_of_four(pixels: Pixels) -> Pixels:
    """Half the size, rounded down but for a single row or column; a half is rounded up."""
    height, width = (max(1, side // 2) for side in pixels.shape[:2])
    rows = [np.minimum(np.arange(height) * 2 + step, len(pixels) - 1) for step in (0, 1)]
    columns = [np.minimum(np.arange(width) * 2 + step, pixels.shape[1] - 1) for step in (0, 1)]
    total = sum(pixels[np.ix_(y, x)].astype(int) for y in rows for x in columns)
    return np.asarray((np.asarray(total) + 2) // 4, np.uint8)
