"""Made pictures and files for the tests of reading and writing."""

from __future__ import annotations

import importlib
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import tifffile
import zarr
from imagecodecs import cms_profile
from numpy.typing import NDArray
from PIL import Image

from cyclegan.images.develop import develop
from cyclegan.images.formats import READERS
from cyclegan.images.image import DecodeLimits, Pixels
from cyclegan.images.orientation import upright
from cyclegan.images.raster import Raster
from cyclegan.images.sniff import kind_of

ORIENTATION = 274


def noise(height: int, width: int, *, seed: int = 0) -> Pixels:
    """Random colours, (height, width, 3) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def deep_noise(height: int, width: int, *, seed: int = 0) -> NDArray[np.uint16]:
    """Random colours, (height, width, 3) uint16."""
    return np.random.default_rng(seed).integers(0, 65536, (height, width, 3), dtype=np.uint16)


def smooth(height: int, width: int) -> Pixels:
    """Slow gradients that survive JPEG, different in each colour, (height, width, 3) uint8."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return (np.stack([y, x, (y + x) / 2], axis=2) * 200 + 20).astype(np.uint8)


def save(path: Path, pixels: Pixels) -> Path:
    """The picture in the kind of file that the ending of the path says."""
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels, photometric="rgb")
    elif path.suffix == ".zarr":
        save_zarr(path, [pixels])
    elif path.suffix == ".vms":
        save_vms(path, pixels)
    else:
        Image.fromarray(pixels).save(path, quality=95, subsampling=0)
    return path


def save_vms(path: Path, pixels: Pixels) -> None:
    """A slide of several files with 0.5 µm per pixel; height and width must be multiples of 8."""
    height, width, _ = pixels.shape
    for name, picture in ((f"{path.stem}.jpg", pixels), ("map.jpg", pixels[::16, ::16])):
        Image.fromarray(picture).save(
            path.with_name(name), quality=95, subsampling=0, restart_marker_rows=1
        )
    lines = {
        "NoLayers": 1,
        "NoJpegColumns": 1,
        "NoJpegRows": 1,
        "ImageFile": f"{path.stem}.jpg",
        "MapFile": "map.jpg",
        "MacroImage": "map.jpg",
        "PhysicalWidth": width * 500,
        "PhysicalHeight": height * 500,
    }
    text = "".join(f"{key}={value}\n" for key, value in lines.items())
    path.write_text(f"[Virtual Microscope Specimen]\n{text}")


def save_zarr(
    path: Path,
    levels: Sequence[NDArray[Any]],
    *,
    version: Literal[2, 3] = 3,
    spacing_um: float | None = None,
    axes: str = "cyx",
    chunk: int = 64,
) -> Path:
    """An OME-Zarr of levels (height, width, colours), 0.5 in Zarr 3 or 0.4 in Zarr 2.

    `axes` may name more than the three; those have one entry each.
    """
    group = zarr.open_group(path, mode="w", zarr_format=version)
    datasets: list[Any] = []
    for number, level in enumerate(levels):
        sizes = dict(zip("yxc", level.shape, strict=True))
        shape = [sizes.get(axis, 1) for axis in axes]
        array = group.create_array(
            f"s{number}",
            shape=shape,
            dtype=level.dtype,
            chunks=tuple(chunk if axis in "yx" else 1 for axis in axes),
        )
        array[:] = level.transpose(2, 0, 1).reshape(shape)
        side = (spacing_um or 1.0) * 2**number
        scale = [side if axis in "yx" else 1.0 for axis in axes]
        transformations = [{"type": "scale", "scale": scale}]
        datasets.append({"path": f"s{number}", "coordinateTransformations": transformations})
    unit = {"unit": "micrometer"} if spacing_um else {}
    named = [{"name": axis, **(unit if axis in "yx" else {})} for axis in axes]
    multiscales: list[Any] = [{"axes": named, "datasets": datasets}]
    if version == 2:
        group.attrs["multiscales"] = multiscales
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": multiscales}
    return path


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], *extra: bytes, data: bytes | None = None
) -> bytes:
    """A PNG of 8 or 16 bit grey, grey and alpha, RGB or RGBA, with extra chunks.

    `data` replaces the rows.
    """
    height, width, samples = pixels.shape
    bits, colour_type = pixels.itemsize * 8, {1: 0, 2: 4, 3: 2, 4: 6}[samples]
    rows = b"".join(b"\0" + row.astype(pixels.dtype.newbyteorder(">")).tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *extra]
    parts += [chunk(b"IDAT", zlib.compress(rows if data is None else data)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def swapping_profile() -> bytes:
    """An ICC profile whose red is sRGB's green and whose green is sRGB's red."""
    return cms_profile(
        "rgb",
        whitepoint=(0.3127, 0.3290, 1.0),
        primaries=(0.30, 0.60, 1.0, 0.64, 0.33, 1.0, 0.15, 0.06, 1.0),
        gamma=2.2,
    )


class Read(NamedTuple):
    """What came out of a file in this process."""

    pixels: Pixels
    raster: Raster
    notes: tuple[str, ...]


def read_here(path: Path, *, max_pixels: int = 10**8) -> Read:
    """Decode in this process what `open_image` decodes in a child, which takes longer to start."""
    decoder = importlib.import_module(READERS[kind_of(path)].decoder)
    raster = decoder.decode(path, limits=DecodeLimits(max_pixels=max_pixels))
    rows, notes = develop(raster)
    pixels = upright(np.concatenate(list(rows)), raster.orientation)
    return Read(pixels, raster, (*raster.notes, *notes))
