"""Lossless files come back pixel by pixel, whatever their size and layout."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.cyclegan.images.pictures import noise, png, read_here, save

SIZES = [(1, 1), (1, 700), (255, 3), (256, 256), (257, 255), (3001, 250)]
LAYOUTS: dict[str, dict[str, Any]] = {
    "strips": {"rowsperstrip": 7},
    "one strip": {"rowsperstrip": 2**31},
    "tiles": {"tile": (32, 48)},
    "planar strips": {"planarconfig": "separate", "rowsperstrip": 7},
    "planar tiles": {"planarconfig": "separate", "tile": (32, 48)},
    "big-endian": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True, "tile": (64, 64)},
    "big-endian BigTIFF": {"bigtiff": True, "byteorder": ">"},
    "LZW": {"compression": "lzw", "predictor": True},
    "deflate": {"compression": "deflate", "predictor": True, "tile": (64, 64)},
    "packbits": {"compression": "packbits"},
    "zstd": {"compression": "zstd"},
    "LZMA": {"compression": "lzma"},
    "lossless JPEG 2000": {"compression": "jpeg2000", "tile": (64, 64)},
    "lossless WebP": {"compression": "webp", "compressionargs": {"lossless": True}},
}


def write_tiff(path: Path, pixels: np.ndarray[Any, Any], **layout: Any) -> Path:
    if layout.get("planarconfig") == "separate":
        pixels = np.moveaxis(pixels, 2, 0)
    byteorder, bigtiff = layout.pop("byteorder", "<"), layout.pop("bigtiff", False)
    with tifffile.TiffWriter(path, byteorder=byteorder, bigtiff=bigtiff) as file:
        file.write(pixels, photometric="rgb", **layout)
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", SIZES)
def test_every_pixel_of_a_tiff_comes_back(
    layout: str, size: tuple[int, int], tmp_path: Path
) -> None:
    path = write_tiff(tmp_path / "picture.tif", noise(*size), **LAYOUTS[layout])
    assert (read_here(path).pixels == noise(*size)).all()


@pytest.mark.parametrize("size", SIZES)
def test_every_pixel_of_a_png_comes_back(size: tuple[int, int], tmp_path: Path) -> None:
    path = save(tmp_path / "picture.png", noise(*size))
    assert (read_here(path).pixels == noise(*size)).all()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(1, 80), st.integers(1, 80)),
    tile=st.sampled_from([None, (16, 16), (48, 32)]),
    kind=st.sampled_from(["grey", "contig", "separate"]),
)
def test_any_tiff_comes_back(
    tmp_path: Path, size: tuple[int, int], tile: tuple[int, int] | None, kind: str
) -> None:
    path, pixels = tmp_path / "picture.tif", noise(*size, seed=sum(size))
    if kind == "grey":
        pixels = pixels[:, :, :1].repeat(3, axis=2)
        tifffile.imwrite(path, pixels[:, :, 0], photometric="minisblack", tile=tile)
    else:
        write_tiff(path, pixels, planarconfig=kind, tile=tile)
    assert (read_here(path).pixels == pixels).all()


def test_an_interlaced_png_comes_back(tmp_path: Path) -> None:
    # A 1 x 1 picture is the same with and without interlacing, but for the header.
    path = tmp_path / "picture.png"
    data = bytearray(png(noise(1, 1)))
    data[28] = 1
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)
    assert (read_here(path).pixels == noise(1, 1)).all()


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_of_few_bits_fills_the_range(bits: int, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    levels = noise(9, 13)[:, :, 0] >> (8 - bits)
    image = Image.fromarray(levels).convert("P")
    image.putpalette([round(i * 255 / (2**bits - 1)) for i in range(2**bits) for _ in "rgb"])
    image.save(path, bits=bits)
    expected = (levels * (255 / (2**bits - 1))).round()
    assert (read_here(path).pixels == expected[:, :, None]).all()


def test_a_palette_png_shows_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    image = Image.fromarray(noise(20, 30)).quantize(60)
    image.save(path)
    assert (read_here(path).pixels == np.asarray(image.convert("RGB"))).all()


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_a_tiff_of_few_colours_shows_them(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    image = Image.fromarray(noise(20, 30)).convert(mode)
    image.save(path)
    assert (read_here(path).pixels == np.asarray(image.convert("RGB"))).all()


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_lzw"])
def test_a_black_and_white_fax_is_read(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    image = Image.fromarray(noise(20, 30)).convert("1")
    image.save(path, compression=compression)
    assert (read_here(path).pixels == np.asarray(image.convert("RGB"))).all()


def test_white_may_be_zero(tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, noise(9, 8)[:, :, 0], photometric="miniswhite")
    assert (read_here(path).pixels[:, :, 1] == 255 - noise(9, 8)[:, :, 0]).all()
