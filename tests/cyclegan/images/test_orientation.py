from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from cyclegan.errors import UnsupportedFormat
from cyclegan.images import open_image
from cyclegan.images.image import Pixels
from cyclegan.images.orientation import upright, upright_size
from tests.cyclegan.images.pictures import ORIENTATION, chunk, noise, png, read_here, smooth

ALL = range(1, 9)


def exif(orientation: int) -> Image.Exif:
    made = Image.Exif()
    made[ORIENTATION] = orientation
    return made


def as_seen_by_pillow(stored: Pixels, orientation: int) -> Pixels:
    image = Image.fromarray(stored)
    image.getexif()[ORIENTATION] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("orientation", ALL)
def test_rows_are_turned_as_exif_means(orientation: int) -> None:
    stored = noise(5, 9)
    assert (upright(stored, orientation) == as_seen_by_pillow(stored, orientation)).all()
    assert upright(stored, orientation).shape[:2] == upright_size(5, 9, orientation)


@pytest.mark.parametrize("orientation", ALL)
def test_a_png_is_turned_once(orientation: int, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(noise(7, 4)).save(path, exif=exif(orientation))
    assert (read_here(path).pixels == as_seen_by_pillow(noise(7, 4), orientation)).all()


@pytest.mark.parametrize("orientation", ALL)
def test_a_jpeg_is_turned_once(orientation: int, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    Image.fromarray(smooth(32, 48)).save(path, exif=exif(orientation), quality=95)
    stored = np.asarray(Image.open(path))
    assert (read_here(path).pixels == as_seen_by_pillow(stored, orientation)).all()


@pytest.mark.parametrize("orientation", ALL)
def test_a_tiff_is_turned_once(orientation: int, tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    tag = (ORIENTATION, "H", 1, orientation, True)
    tifffile.imwrite(path, noise(7, 4), photometric="rgb", extratags=[tag])
    assert (read_here(path).pixels == as_seen_by_pillow(noise(7, 4), orientation)).all()


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_tiff_that_only_pillow_reads_is_turned_once(orientation: int, tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    image = Image.fromarray(smooth(32, 48)).convert("CMYK")
    image.save(path, tiffinfo={ORIENTATION: orientation}, compression="tiff_lzw")
    stored = np.asarray(image.convert("RGB"))
    assert (read_here(path).pixels == as_seen_by_pillow(stored, orientation)).all()


def test_a_lying_tiff_that_pillow_would_garble_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    Image.fromarray(noise(32, 48)).convert("CMYK").save(path, tiffinfo={ORIENTATION: 6})
    with pytest.raises(UnsupportedFormat, match="upright"):
        read_here(path)


def test_the_description_has_the_size_of_the_upright_image(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(noise(7, 4)).save(path, exif=exif(6))
    with open_image(path, scratch=tmp_path) as reader:
        assert (reader.info.height, reader.info.width) == (4, 7)
        assert (reader.read(1, 2, 3, 4) == np.rot90(noise(7, 4), -1)[1:4, 2:6]).all()


@pytest.mark.parametrize(
    "block", [b"", b"II*\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" * 3, b"\0" * 40]
)
def test_damaged_exif_costs_no_pixel(block: bytes, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(png(noise(40, 30), chunk(b"eXIf", block)))
    assert (read_here(path).pixels == noise(40, 30)).all()
