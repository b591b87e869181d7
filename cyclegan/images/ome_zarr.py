"""Reading OME-Zarr folders, versions 0.4 (Zarr 2) and 0.5 (Zarr 3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr

from cyclegan.errors import CorruptImage, UnsupportedFormat
from cyclegan.images.blocks import Blocks
from cyclegan.images.image import DecodeLimits
from cyclegan.images.raster import CROP_IT, Band, Level, Raster, bands_of, check_size
from cyclegan.images.scale import factor_between
from cyclegan.images.spacing import Spacing

METADATA = ("zarr.json", ".zattrs")
"""Where Zarr 3 and Zarr 2 keep the attributes of a group."""
SERIES = "bioformats2raw.layout"
"""The attribute of a folder of several images, the first of which is in the folder "0"."""
BLOCK_PX = 512
"""At least this much is read at once, because asking for a chunk takes about a millisecond."""
UM_PER = {
    "meter": 1e6,
    "centimeter": 1e4,
    "millimeter": 1e3,
    "micrometer": 1.0,
    "nanometer": 1e-3,
    "angstrom": 1e-4,
}
"""µm per unit of length, by the names of the specification."""


def decode(path: Path, *, limits: DecodeLimits) -> Raster:
    """The raster of an OME-Zarr folder, which is read by regions; see `raster.Decode`.

    Of several times, planes or images the first is read.
    """
    folder, multiscale = _find(path)
    finest, *coarser = _planes(folder, multiscale)
    check_size(finest.height, finest.width, limits.max_region_pixels, cure=CROP_IT)
    planes = [finest, *(plane for plane in coarser if plane.is_like(finest))]
    levels = tuple(plane.level(finest) for plane in planes)
    return Raster(
        height=finest.height,
        width=finest.width,
        bits=8 if finest.dtype.itemsize == 1 else max(16, 8 * finest.dtype.itemsize),
        channels=finest.colours,
        colours=finest.colours,
        alpha="none",
        dtype=finest.dtype,
        bands=lambda: bands_of(levels[0]),
        spacings=_spacings(multiscale),
        notes=finest.notes,
        levels=levels,
    )


def _find(path: Path) -> tuple[Path, Mapping[str, Any]]:
    """The folder of the first image and the first of its multiscales."""
    attributes = _attributes(path)
    if SERIES in attributes:
        path = path / "0"
        attributes = _attributes(path)
    multiscales = attributes.get("multiscales")
    if not (isinstance(multiscales, list) and multiscales and multiscales[0].get("datasets")):
        raise UnsupportedFormat(
            "the Zarr folder holds no OME-Zarr image of version 0.4 or 0.5; name the folder of one "
            "image"
        )
    return path, multiscales[0]


def _attributes(path: Path) -> Mapping[str, Any]:
    """The OME attributes of a group, of Zarr 3 or Zarr 2."""
    for name in METADATA:
        if (path / name).is_file():
            found = json.loads((path / name).read_text(encoding="utf-8"))
            attributes = found.get("attributes", {}).get("ome", {}) if "zarr" in name else found
            return attributes if isinstance(attributes, dict) else {}
    return {}


class Plane:
    """The first plane of one level's array, as (height, width, 1 or 3)."""

    def __init__(self, array: zarr.Array[Any], axes: Sequence[str]) -> None:
        if array.ndim != len(axes) or not {"y", "x"} <= set(axes):
            raise CorruptImage("the OME-Zarr folder contradicts itself about its axes")
        sizes = dict(zip(axes, array.shape, strict=True))
        chunks = dict(zip(axes, array.chunks, strict=True))
        self.height, self.width = sizes["y"], sizes["x"]
        self.colours = _colours(sizes.get("c", 1))
        self.dtype = array.dtype.newbyteorder("=")
        others = [size for axis, size in sizes.items() if axis not in "cyx"]
        self.notes = _notes(int(np.prod(others)))
        self._array = array
        self._axes = axes
        self._cell = _multiple(chunks["y"]), _multiple(chunks["x"])
        if min(self.height, self.width) < 1 or self.dtype.kind not in "uif":
            raise UnsupportedFormat(
                f"the OME-Zarr folder holds {self.width} x {self.height} values of the kind "
                f"{self.dtype}, which are no picture"
            )

    def is_like(self, other: Plane) -> bool:
        """Whether the samples of both can stand for each other."""
        return (self.colours, self.dtype) == (other.colours, other.dtype)

    def level(self, finest: Plane) -> Level:
        """It as a level of the image whose finest plane is given."""
        blocks = Blocks(
            self._load,
            size=(self.height, self.width, self.colours),
            cell=self._cell,
            dtype=self.dtype,
        )
        factor = factor_between((finest.height, finest.width), (self.height, self.width))
        return Level(self.height, self.width, factor=factor, read=blocks.read)

    def _load(self, row: int, column: int) -> Band:
        y, x = row * self._cell[0], column * self._cell[1]
        wanted = {"y": slice(y, y + self._cell[0]), "x": slice(x, x + self._cell[1])}
        wanted["c"] = slice(0, self.colours)
        found = np.asarray(self._array[tuple(wanted.get(axis, 0) for axis in self._axes)])
        kept = [axis for axis in self._axes if axis in wanted]
        if "c" not in kept:
            kept, found = [*kept, "c"], found[..., None]
        ordered = found.transpose([kept.index(axis) for axis in "yxc"])
        return np.ascontiguousarray(ordered, self.dtype)


def _planes(folder: Path, multiscale: Mapping[str, Any]) -> Iterator[Plane]:
    """Those of all levels, the finest first."""
    # Version 0.4 and later name each axis in an object.
    axes = [str(axis["name"]) for axis in multiscale["axes"]]
    for dataset in multiscale["datasets"]:
        place = (folder / str(dataset["path"])).resolve()
        if not place.is_relative_to(folder.resolve()):
            raise CorruptImage("the OME-Zarr folder leads to files outside of it")
        yield Plane(zarr.open_array(place, mode="r"), axes)


def _colours(channels: int) -> Literal[1, 3]:
    if channels == 1:
        return 1
    if channels == 3:
        return 3
    raise UnsupportedFormat(
        f"the OME-Zarr folder has {channels} channels; 1 (grey) or 3 (RGB) are wanted"
    )


def _notes(planes: int) -> tuple[str, ...]:
    return (f"The image has {planes} planes; only the first was read.",) if planes > 1 else ()


def _multiple(chunk: int) -> int:
    """A multiple of a chunk's size that is worth reading at once."""
    return int(chunk) * max(1, -(-BLOCK_PX // int(chunk)))


def _spacings(multiscale: Mapping[str, Any]) -> tuple[Spacing, ...]:
    """The scale of the finest level, times that of all levels."""
    units = [UM_PER.get(axis.get("unit"), 0.0) for axis in multiscale["axes"]]
    scale = np.array(units)
    for place in (multiscale["datasets"][0], multiscale):
        for transformation in place.get("coordinateTransformations", ()):
            if transformation.get("type") == "scale":
                scale = scale * np.array(transformation["scale"], float)
    names = [axis["name"] for axis in multiscale["axes"]]
    y, x = (float(scale[names.index(axis)]) for axis in "yx")
    return (Spacing(y, x, "OME-Zarr metadata"),) if y > 0 and x > 0 else ()
