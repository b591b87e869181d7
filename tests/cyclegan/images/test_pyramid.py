"""The pyramid as viewers see it: OpenSlide, tiffslide and tifffile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
import tiffslide

from cyclegan.images import create_image, open_image
from cyclegan.images.image import Pixels
from cyclegan.images.pyramid import halve
from tests.cyclegan.images.pictures import noise

SIZES = [(256, 256), (257, 511), (512, 300), (700, 513), (1501, 1250)]
VIEWERS = {"OpenSlide": openslide.OpenSlide, "tiffslide": tiffslide.TiffSlide}


def levels_of(pixels: Pixels) -> list[Pixels]:
    """All levels of an image, made at once."""
    levels = [pixels]
    while max(levels[-1].shape) >= 512:
        levels.append(halve(levels[-1]))
    return levels


def write(path: Path, pixels: Pixels, *, um: float | None = 0.5, text: str = "") -> Path:
    height, width = pixels.shape[:2]
    with create_image(
        path, kind="tiff", height=height, width=width, spacing_um=um, description=text
    ) as writer:
        for top in range(0, height, 99):
            writer.write(pixels[top : top + 99])
    return path


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("size", SIZES)
def test_a_viewer_shows_every_level_exactly(
    viewer: str, size: tuple[int, int], tmp_path: Path
) -> None:
    pixels = noise(*size)
    expected = levels_of(pixels)
    with VIEWERS[viewer](write(tmp_path / "a.tif", pixels)) as slide:
        assert slide.level_dimensions == tuple((one.shape[1], one.shape[0]) for one in expected)
        for level, one in enumerate(expected):
            shown = slide.read_region((0, 0), level, (one.shape[1], one.shape[0]))
            assert (np.asarray(shown)[:, :, :3] == one).all()


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_viewer_shows_an_odd_region(viewer: str, tmp_path: Path) -> None:
    pixels = noise(1501, 1250)
    with VIEWERS[viewer](write(tmp_path / "a.tif", pixels)) as slide:
        shown = np.asarray(slide.read_region((777, 555), 0, (300, 200)))
    assert (shown[:, :, :3] == pixels[555:755, 777:1077]).all()


@pytest.mark.parametrize("um", [0.05, 0.228, 0.5, 20])
@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_viewer_knows_the_spacing(viewer: str, um: float, tmp_path: Path) -> None:
    with VIEWERS[viewer](write(tmp_path / "a.tif", noise(300, 300), um=um)) as slide:
        for axis in "xy":
            found = float(slide.properties[f"{viewer.lower()}.mpp-{axis}"])
            assert found == pytest.approx(um, rel=1e-4)


def test_an_unknown_spacing_is_not_written(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise(300, 300), um=None)
    with openslide.OpenSlide(path) as slide:
        assert "openslide.mpp-x" not in slide.properties
    with open_image(path) as reader:
        assert reader.info.spacing_um is None


def test_the_spacing_is_read_back(tmp_path: Path) -> None:
    with open_image(write(tmp_path / "a.tif", noise(30, 30), um=0.37)) as reader:
        assert reader.info.spacing_um == pytest.approx(0.37)
        assert reader.info.notes == ()


def test_each_level_states_its_own_spacing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise(1100, 600), um=0.5)
    with tifffile.TiffFile(path) as file:
        per_cm = [page.aspage().get_resolution("CENTIMETER") for page in file.pages]
    assert per_cm == [(20000, 20000), (10000, 10000), (5000, 5000)]


def test_the_layout_is_the_one_that_viewers_need(tmp_path: Path) -> None:
    with tifffile.TiffFile(write(tmp_path / "a.tif", noise(1100, 600))) as file:
        pages = [page.aspage() for page in file.pages]
        assert file.is_bigtiff
        assert [page.subfiletype for page in pages] == [0, 1, 1]
        assert {(page.tilelength, page.tilewidth) for page in pages} == {(256, 256)}
        assert {page.compression for page in pages} == {tifffile.COMPRESSION.ADOBE_DEFLATE}
        assert {page.predictor for page in pages} == {tifffile.PREDICTOR.HORIZONTAL}
        assert all(page.iccprofile for page in pages)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 1), (255, 2)])
def test_small_and_thin_images_are_valid(size: tuple[int, int], tmp_path: Path) -> None:
    pixels = noise(*size)
    path = write(tmp_path / "a.tif", pixels)
    with tifffile.TiffFile(path) as file:
        for page, expected in zip(file.pages, levels_of(pixels), strict=True):
            assert (page.asarray() == expected).all()


def test_the_description_stands_on_the_first_page_only(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise(600, 40), text='{"model": "µ-test"}')
    with tifffile.TiffFile(path) as file:
        assert [page.aspage().description for page in file.pages] == ['{"model": "µ-test"}', ""]


def test_halving_takes_means_and_rounds() -> None:
    rows = np.array([[[0], [1]], [[1], [1]]], np.uint8).repeat(3, axis=2)
    assert halve(rows).tolist() == [[[1, 1, 1]]]


def test_halving_keeps_what_is_one_pixel_wide() -> None:
    assert halve(noise(7, 1)).shape == (3, 1, 3)
    assert halve(noise(1, 7)).shape == (1, 3, 3)
    assert (halve(noise(1, 1)) == noise(1, 1)).all()
