"""The PNG as Pillow and imagecodecs (libpng) see it."""

from __future__ import annotations

import struct
import zlib
from functools import partial
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from cyclegan.images import open_image
from cyclegan.images.image import Pixels
from tests.cyclegan.images import written
from tests.cyclegan.images.pictures import noise

SIZES = [(1, 1), (255, 255), (256, 257), (513, 256), (1001, 777), (40, 30_000)]
write = partial(written.write, kind="png")


@pytest.mark.parametrize("size", SIZES)
def test_two_readers_show_every_pixel(size: tuple[int, int], tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(*size))
    with Image.open(path) as image:
        image.verify()
    with Image.open(path) as image:
        assert image.mode == "RGB"
        assert (np.asarray(image) == noise(*size)).all()
    assert (imagecodecs.png_decode(path.read_bytes()) == noise(*size)).all()


def test_the_stream_ends_with_the_right_checksum(tmp_path: Path) -> None:
    # Not every reader looks at it.
    data = write(tmp_path / "a.png", noise(300, 400)).read_bytes()
    position, stream = 8, b""
    while position < len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        stream += data[position + 8 : position + 8 + length] if name == b"IDAT" else b""
        position += 12 + length
    assert len(zlib.decompress(stream)) == 300 * (1 + 400 * 3)


@pytest.mark.parametrize("um", [0.05, 0.228, 0.5, 20])
def test_the_spacing_is_read_back(um: float, tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(9, 8), um=um)
    with open_image(path) as reader:
        assert reader.info.spacing_um == pytest.approx(um, rel=1e-4)
    with Image.open(path) as image:
        assert image.info["dpi"] == pytest.approx((25400 / um, 25400 / um), rel=1e-4)


def test_an_unknown_spacing_is_not_written(tmp_path: Path) -> None:
    with Image.open(write(tmp_path / "a.png", noise(9, 8), um=None)) as image:
        assert "dpi" not in image.info


def test_the_description_is_kept(tmp_path: Path) -> None:
    with Image.open(write(tmp_path / "a.png", noise(9, 8), text="µ-test")) as image:
        assert image.info["Description"] == "µ-test"


@pytest.mark.parametrize("colour", [0, 255])
def test_blank_parts_take_next_to_no_space(colour: int, tmp_path: Path) -> None:
    blank: Pixels = np.full((2000, 2000, 3), colour, np.uint8)
    assert write(tmp_path / "a.png", blank).stat().st_size < 0.01 * blank.nbytes
