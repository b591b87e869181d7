"""Tiles read one by one show, put together, the picture that was written, on every level."""

from __future__ import annotations

import io
import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from cyclegan.images.deep_zoom import NAMESPACE, DeepZoom, NoSuchTile, TileAddress
from cyclegan.images.image import Pixels
from cyclegan.images.stored_tiles import read_tile, survey
from tests.cyclegan.images.pictures import noise, smooth
from tests.cyclegan.images.written import levels_of, write

SIZES = [(1, 1), (1, 700), (700, 1), (255, 256), (256, 257), (512, 511), (513, 1025), (1023, 600)]


def put_together(path: Path, level: int, kind: str = "png") -> Pixels:
    """A whole level, of tiles that are asked for one by one."""
    with path.open("rb") as file:
        pyramid = survey(file)
    height, width = pyramid.deep_zoom.size(level)
    rows = []
    with path.open("rb") as file:
        for row in range(math.ceil(height / 256)):
            columns = range(math.ceil(width / 256))
            addresses = [TileAddress(level, row, column) for column in columns]
            rows.append([shown(read_tile(file, pyramid, one, kind)) for one in addresses])
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def shown(tile: bytes) -> Pixels:
    with Image.open(io.BytesIO(tile)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("size", SIZES)
def test_the_finest_tiles_put_together_are_the_picture(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = write(tmp_path / "a.tif", noise(*size), kind="tiff")
    assert (put_together(path, DeepZoom(*size).finest) == noise(*size)).all()


@pytest.mark.parametrize("size", SIZES)
def test_coarser_tiles_are_the_stored_levels_with_a_lacking_row_or_column_repeated(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = write(tmp_path / "a.tif", noise(*size), kind="tiff")
    zoom = DeepZoom(*size)
    for number, stored in enumerate(levels_of(noise(*size))):
        served = put_together(path, zoom.finest - number)
        height, width = stored.shape[:2]
        assert served.shape[:2] == zoom.size(zoom.finest - number)
        assert (served[:height, :width] == stored).all()
        assert (served[height:] == served[height - 1]).all()
        assert (served[:, width:] == served[:, width - 1 : width]).all()


@pytest.mark.parametrize("size", SIZES)
def test_levels_go_on_down_to_one_pixel(tmp_path: Path, size: tuple[int, int]) -> None:
    pixels = smooth(*size)
    path = write(tmp_path / "a.tif", pixels, kind="tiff")
    for level in range(min(4, DeepZoom(*size).finest + 1)):
        scale = 2 ** (DeepZoom(*size).finest - level)
        found = put_together(path, level)
        assert found.shape[:2] == tuple(math.ceil(side / scale) for side in size)
        for y, x in np.ndindex(found.shape[:2]):
            covered = pixels[y * scale :, x * scale :][:scale, :scale]
            if any(
                2 * had < min(scale, side)
                for had, side in zip(covered.shape[:2], size, strict=True)
            ):
                continue  # too little of the picture for a pixel of its own: it repeats another
            assert np.abs(found[y, x] - covered.mean(axis=(0, 1))).max() < 3


def test_whole_tiles_that_are_stored_as_jpeg_leave_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", smooth(300, 600), kind="tiff", compression="jpeg")
    with path.open("rb") as file:
        tile = read_tile(file, survey(file), TileAddress(10, 0, 1), "jpg")
    assert tile in path.read_bytes()


@pytest.mark.parametrize("compression", ["deflate", "jpeg"])
def test_jpeg_tiles_show_the_picture_with_full_colour_resolution(
    tmp_path: Path, compression: str
) -> None:
    path = write(tmp_path / "a.tif", smooth(300, 600), kind="tiff", compression=compression)
    found = put_together(path, 10, "jpg")
    assert np.abs(found.astype(int) - smooth(300, 600)).max() <= 5
    with path.open("rb") as file:
        edge = read_tile(file, survey(file), TileAddress(10, 1, 2), "jpg")
    with Image.open(io.BytesIO(edge)) as image:
        assert image.size == (88, 44)
        assert [component[1:3] for component in image.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "address", [(10, 2, 0), (10, 0, 3), (11, 0, 0), (10**9, 0, 0), (9, 1, 0), (0, 0, 1), (-1, 0, 0)]
)
def test_addresses_outside_are_refused(tmp_path: Path, address: tuple[int, int, int]) -> None:
    path = write(tmp_path / "a.tif", smooth(300, 600), kind="tiff")
    with path.open("rb") as file, pytest.raises(NoSuchTile):
        read_tile(file, survey(file), TileAddress(*address), "jpg")


def test_the_descriptor_says_what_viewers_ask_for() -> None:
    image = ElementTree.fromstring(DeepZoom(300, 600).descriptor("jpg"))  # noqa: S314 - ours
    assert image.tag == f"{{{NAMESPACE}}}Image"
    assert image.attrib == {"Format": "jpg", "Overlap": "0", "TileSize": "256"}
    assert image[0].attrib == {"Width": "600", "Height": "300"}
