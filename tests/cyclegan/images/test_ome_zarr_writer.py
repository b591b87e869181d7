"""The OME-Zarr as ome-zarr-models, Zarr's own library and a reader by hand see it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import zarr
from imagecodecs import zstd_decode
from ome_zarr_models.v05.image import Image

from cyclegan.images.image import Pixels
from tests.cyclegan.images import written
from tests.cyclegan.images.pictures import noise
from tests.cyclegan.images.written import levels_of, zarr_level

SIZES = [(1, 1), (255, 255), (256, 257), (513, 256), (1001, 777), (300, 4200)]
INDEX = np.dtype([("start", "<u8"), ("length", "<u8")])
CHUNKS_PER_FILE = 16
CHECKSUM_BYTES = 4
MISSING = 2**64 - 1
write = partial(written.write, kind="ome-zarr")


def by_hand(path: Path, level: int, size: tuple[int, int]) -> Pixels:
    """A level read after the words of Zarr's specification, with another zstd."""
    rows, columns = (-(-side // 256) for side in size)
    found = np.zeros((3, rows * 256, columns * 256), np.uint8)
    for file in (path / f"s{level}" / "c" / "0").glob("*/*"):
        row, shard = int(file.parent.name), int(file.name)
        data = file.read_bytes()
        end = len(data) - CHECKSUM_BYTES
        index = np.frombuffer(data[end - CHUNKS_PER_FILE * INDEX.itemsize : end], INDEX)
        for number, (start, length) in enumerate(index.tolist(), shard * CHUNKS_PER_FILE):
            if start != MISSING:
                chunk = np.frombuffer(zstd_decode(data[start : start + length]), np.uint8)
                rows_at = slice(row * 256, row * 256 + 256)
                columns_at = slice(number * 256, number * 256 + 256)
                found[:, rows_at, columns_at] = chunk.reshape(3, 256, 256)
    return np.moveaxis(found[:, : size[0], : size[1]], 0, 2)


@pytest.mark.parametrize("size", SIZES)
def test_two_readers_show_every_level_exactly(size: tuple[int, int], tmp_path: Path) -> None:
    pixels = noise(*size)
    path = write(tmp_path / "a.zarr", pixels)
    for level, expected in enumerate(levels_of(pixels)):
        assert (zarr_level(path, level) == expected).all()
        assert (by_hand(path, level, expected.shape[:2]) == expected).all()


def test_an_odd_region_is_where_it_belongs(tmp_path: Path) -> None:
    pixels = noise(1001, 777)
    array = zarr.open_array(write(tmp_path / "a.zarr", pixels) / "s0", mode="r")
    region = np.moveaxis(np.asarray(array[:, 555:755, 477:777]), 0, 2)
    assert (region == pixels[555:755, 477:777]).all()


@pytest.mark.parametrize("um", [0.228, None])
@pytest.mark.parametrize("size", [(1, 1), (1001, 777)])
def test_the_metadata_is_valid(um: float | None, size: tuple[int, int], tmp_path: Path) -> None:
    path = write(tmp_path / "a.zarr", noise(*size), um=um)
    image = Image.from_zarr(zarr.open_group(path, mode="r"))
    [multiscale] = image.attributes.ome.multiscales
    assert [axis.name for axis in multiscale.axes] == ["c", "y", "x"]
    assert len(multiscale.datasets) == len(levels_of(noise(*size)))


def test_the_spacing_of_each_level_is_its_scale(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zarr", noise(1100, 600), um=0.25)
    [multiscale] = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]["multiscales"]
    scales = [one["coordinateTransformations"][0]["scale"] for one in multiscale["datasets"]]
    assert scales == [[1, 0.25, 0.25], [1, 0.5, 0.5], [1, 1, 1]]
    assert [axis.get("unit") for axis in multiscale["axes"]] == [None, "micrometer", "micrometer"]


def test_an_unknown_spacing_has_no_unit(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zarr", noise(30, 30), um=None)
    assert "micrometer" not in (path / "zarr.json").read_text()


def test_the_description_is_kept(tmp_path: Path) -> None:
    group = zarr.open_group(write(tmp_path / "a.zarr", noise(3, 3), text="µ-test"), mode="r")
    assert group.attrs["color_mapper"] == {"description": "µ-test"}


def test_a_wide_image_is_few_files(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zarr", noise(300, 4200))
    assert len(list((path / "s0" / "c").rglob("*/*/*"))) == 4
