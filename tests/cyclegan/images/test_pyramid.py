"""The pyramid as viewers see it: OpenSlide, tiffslide and tifffile."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import openslide
import pytest
import tifffile
import tiffslide

from cyclegan.images import open_image
from tests.cyclegan.images import written
from tests.cyclegan.images.pictures import noise, smooth
from tests.cyclegan.images.written import levels_of

SIZES = [(255, 255), (256, 256), (257, 511), (513, 300), (1001, 777), (1501, 1250)]
VIEWERS = {"OpenSlide": openslide.OpenSlide, "tiffslide": tiffslide.TiffSlide}
write = partial(written.write, kind="tiff")


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


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("size", [(1, 1), (257, 511), (1001, 777)])
def test_a_viewer_shows_every_level_of_a_jpeg_pyramid(
    viewer: str, size: tuple[int, int], tmp_path: Path
) -> None:
    pixels = smooth(*size)
    expected = levels_of(pixels)
    path = write(tmp_path / "a.tif", pixels, compression="jpeg")
    with VIEWERS[viewer](path) as slide:
        assert slide.level_dimensions == tuple((one.shape[1], one.shape[0]) for one in expected)
        for level, one in enumerate(expected):
            shown = np.asarray(slide.read_region((0, 0), level, (one.shape[1], one.shape[0])))
            assert np.abs(shown[:, :, :3].astype(int) - one).max() <= 5


def test_a_jpeg_pyramid_keeps_colours_of_single_pixels(tmp_path: Path) -> None:
    # With chroma at half the resolution the two colours would run together.
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, ::2] = (200, 60, 120)
    pixels[:, 1::2] = (60, 120, 200)
    path = write(tmp_path / "a.tif", pixels, compression="jpeg")
    found = tifffile.imread(path)
    assert np.abs(found.astype(int) - pixels).max() <= 12


def test_a_jpeg_pyramid_says_how_it_is_stored(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", smooth(600, 600), compression="jpeg")
    with tifffile.TiffFile(path) as file:
        pages = [page.aspage() for page in file.pages]
    assert {page.compression for page in pages} == {tifffile.COMPRESSION.JPEG}
    assert {page.photometric for page in pages} == {tifffile.PHOTOMETRIC.YCBCR}
    assert {page.subsampling for page in pages} == {(1, 1)}


def test_a_jpeg_pyramid_is_a_fraction_of_the_size(tmp_path: Path) -> None:
    pixels = np.bitwise_xor(smooth(600, 600), noise(600, 600) & np.uint8(3))
    exact = write(tmp_path / "exact.tif", pixels)
    lossy = write(tmp_path / "lossy.tif", pixels, compression="jpeg")
    assert lossy.stat().st_size < 0.6 * exact.stat().st_size
