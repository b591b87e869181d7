"""Damaged and cut files: an error, never a wrong pixel."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from cyclegan.errors import CorruptImage
from cyclegan.images import open_image
from tests.cyclegan.images.pictures import chunk, deep_noise, noise, png, read_here, smooth

TIFFS: dict[str, dict[str, Any]] = {
    "plain": {},
    "LZW": {"compression": "lzw"},
    "deflate tiles": {"compression": "deflate", "tile": (32, 32)},
    "JPEG tiles": {"compression": "jpeg", "tile": (32, 32)},
    "BigTIFF": {"bigtiff": True},
    "planar": {"planarconfig": "separate"},
}


def jpeg(**options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(smooth(150, 130)).save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def jpeg_with_thumbnail() -> bytes:
    """Metadata that holds a whole JPEG, whose end is not the end of the picture."""
    thumbnail = b"Exif\0\0" + jpeg()
    return jpeg(exif=thumbnail)


def tiff(**options: Any) -> bytes:
    out = io.BytesIO()
    pixels = noise(150, 130)
    if options.get("planarconfig") == "separate":
        pixels = np.moveaxis(pixels, 2, 0)
    tifffile.imwrite(out, pixels, photometric="rgb", **options)
    return out.getvalue()


def pillow_tiff() -> bytes:
    out = io.BytesIO()
    Image.fromarray(noise(150, 130)).save(out, "TIFF", compression="tiff_lzw")
    return out.getvalue()


FILES = {
    "PNG": lambda: png(noise(150, 130)),
    "16-bit PNG": lambda: png(deep_noise(150, 130)),
    "JPEG": jpeg,
    "progressive JPEG": lambda: jpeg(progressive=True),
    "JPEG with thumbnail": jpeg_with_thumbnail,
    "TIFF by Pillow": pillow_tiff,
} | {f"TIFF {name}": lambda options=options: tiff(**options) for name, options in TIFFS.items()}


@pytest.mark.parametrize("name", FILES)
def test_the_whole_file_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(FILES[name]())
    assert read_here(path).pixels.shape == (150, 130, 3)


@pytest.mark.parametrize("tenths", range(1, 10))
@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_at_any_tenth_is_an_error(name: str, tenths: int, tmp_path: Path) -> None:
    data = FILES[name]()
    path = tmp_path / "picture"
    path.write_bytes(data[: len(data) * tenths // 10])
    with pytest.raises(CorruptImage, match=r"cut short|no picture"):
        read_here(path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_its_last_bytes_is_an_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(FILES[name]()[:-2])
    with pytest.raises(CorruptImage):
        read_here(path)


@pytest.mark.parametrize("name", ["PNG", "JPEG", "TIFF LZW"])
def test_the_child_says_that_a_file_is_cut_short(name: str, tmp_path: Path) -> None:
    data = FILES[name]()
    path = tmp_path / "picture"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(CorruptImage, match=r"cut short.*send it again"):
        open_image(path, scratch=tmp_path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["PNG", "16-bit PNG"])
def test_a_changed_png_is_an_error(name: str, tmp_path: Path) -> None:
    data = bytearray(FILES[name]())
    at = len(data) * 7 // 10
    data[at : at + 200] = bytes(200)
    path = tmp_path / "picture"
    path.write_bytes(data)
    with pytest.raises(CorruptImage, match="changed"):
        read_here(path)


@pytest.mark.parametrize("name", ["TIFF LZW", "TIFF deflate tiles"])
def test_a_changed_compressed_tiff_is_corrupt_or_complete(name: str, tmp_path: Path) -> None:
    data = bytearray(FILES[name]())
    at = len(data) * 6 // 10
    data[at : at + 200] = bytes(200)
    path = tmp_path / "picture"
    path.write_bytes(data)
    with pytest.raises(CorruptImage):
        open_image(path, scratch=tmp_path)


@pytest.mark.parametrize("rows", [1, 50, 149])
@pytest.mark.parametrize("deep", [False, True])
def test_a_png_with_fewer_rows_than_it_says_is_an_error(
    rows: int, deep: bool, tmp_path: Path
) -> None:
    # Neatly ended and with right sums: Pillow shows the missing rows as black.
    picture = deep_noise(150, 130) if deep else noise(150, 130)
    data = bytes(rows * (1 + 130 * 3 * picture.itemsize))
    path = tmp_path / "picture"
    path.write_bytes(png(picture, data=data))
    with pytest.raises(CorruptImage):
        open_image(path, scratch=tmp_path)


def test_a_png_whose_compressed_data_is_cut_is_an_error(tmp_path: Path) -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in noise(150, 130))
    packed = zlib.compress(rows)
    whole = png(noise(150, 130))
    start = whole.index(b"IDAT") - 4
    path = tmp_path / "picture"
    path.write_bytes(whole[:start] + chunk(b"IDAT", packed[:-999]) + chunk(b"IEND", b""))
    with pytest.raises(CorruptImage):
        open_image(path, scratch=tmp_path)


def test_a_tiff_whose_pages_go_round_in_a_circle_ends(tmp_path: Path) -> None:
    data = bytearray(tiff())
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + entries * 12, first)
    path = tmp_path / "picture"
    path.write_bytes(data)
    with pytest.raises(CorruptImage, match="never ends"):
        open_image(path, scratch=tmp_path)


@pytest.mark.parametrize("next_page", [8, 2**31, 2**32 - 1])
def test_a_tiff_whose_next_page_is_nowhere_is_an_error(next_page: int, tmp_path: Path) -> None:
    data = bytearray(tiff())
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + entries * 12, next_page)
    path = tmp_path / "picture"
    path.write_bytes(data)
    with pytest.raises(CorruptImage):
        open_image(path, scratch=tmp_path)


def test_strips_that_were_never_written_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    tifffile.imwrite(path, noise(150, 130), photometric="rgb", rowsperstrip=10)
    with tifffile.TiffFile(path, mode="r+") as file:
        sizes = list(file.pages.first.databytecounts)
        file.pages.first.tags["StripByteCounts"].overwrite([*sizes[:-1], 0])
    with pytest.raises(CorruptImage, match="missing"):
        read_here(path)


def test_a_lower_page_behind_the_end_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    with tifffile.TiffWriter(path) as file:
        file.write(noise(150, 130), photometric="rgb")
        file.write(noise(75, 65), photometric="rgb", subfiletype=1)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages.get(1).aspage().tags["StripOffsets"].overwrite(10**6)
    with pytest.raises(CorruptImage, match="cut short"):
        read_here(path)


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_never_ends_in_anything_else(seed: int, tmp_path: Path) -> None:
    # In this process, where a crash or a leak of the decoders would show.
    random = np.random.default_rng(seed)
    data = bytearray(list(FILES.values())[seed % len(FILES)]())
    for at in random.integers(0, min(len(data), 400), 6):
        data[at] = random.integers(256)
    path = tmp_path / "picture"
    path.write_bytes(data)
    # Whatever else is raised, the child turns into CorruptImage.
    with contextlib.suppress(Exception):
        assert read_here(path, max_pixels=10**6).pixels.shape[2] == 3
