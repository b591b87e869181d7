"""The OME-TIFF as tifffile, tiffslide and OpenSlide see it; of the plain one, see test_pyramid."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openslide
import pytest
import tifffile
import tiffslide

from cyclegan.images import open_image
from tests.cyclegan.images import written
from tests.cyclegan.images.pictures import noise, smooth
from tests.cyclegan.images.written import levels_of

SIZES = [(1, 1), (255, 256), (257, 513), (1001, 777), (1501, 1250)]
write = partial(written.write, kind="ome-tiff")


@pytest.mark.parametrize("size", SIZES)
def test_tifffile_finds_one_picture_with_every_level(size: tuple[int, int], tmp_path: Path) -> None:
    pixels = noise(*size)
    with tifffile.TiffFile(write(tmp_path / "a.ome.tif", pixels)) as file:
        assert file.is_ome
        assert len(file.series) == len(file.pages) == 1
        assert file.series[0].axes == "YXS"
        for level, expected in zip(file.series[0].levels, levels_of(pixels), strict=True):
            assert (level.asarray() == expected).all()


@pytest.mark.parametrize("size", SIZES)
def test_tiffslide_shows_every_level(size: tuple[int, int], tmp_path: Path) -> None:
    pixels = noise(*size)
    with tiffslide.TiffSlide(write(tmp_path / "a.ome.tif", pixels)) as slide:
        for level, one in enumerate(levels_of(pixels)):
            assert slide.level_dimensions[level] == (one.shape[1], one.shape[0])
            shown = slide.read_region((0, 0), level, (one.shape[1], one.shape[0]), as_array=True)
            assert (shown[:, :, :3] == one).all()


@pytest.mark.parametrize("size", SIZES)
def test_openslide_shows_the_largest_level(size: tuple[int, int], tmp_path: Path) -> None:
    pixels = noise(*size)
    with openslide.OpenSlide(write(tmp_path / "a.ome.tif", pixels)) as slide:
        shown = np.asarray(slide.read_region((0, 0), 0, slide.dimensions))
        assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(0.5)
    assert (shown[:, :, :3] == pixels).all()


@pytest.mark.parametrize("viewer", [openslide.OpenSlide, tiffslide.TiffSlide])
def test_a_viewer_shows_an_odd_region(
    viewer: type[openslide.OpenSlide | tiffslide.TiffSlide], tmp_path: Path
) -> None:
    pixels = noise(1501, 1250)
    with viewer(write(tmp_path / "a.ome.tif", pixels)) as slide:
        shown = np.asarray(slide.read_region((777, 555), 0, (300, 200)))
    assert (shown[:, :, :3] == pixels[555:755, 777:1077]).all()


@pytest.mark.parametrize("um", [0.05, 0.228, 20])
def test_the_spacing_is_a_physical_size(um: float, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ome.tif", noise(600, 300), um=um)
    with tiffslide.TiffSlide(path) as slide:
        assert slide.properties["tiffslide.mpp-x"] == pytest.approx(um, rel=1e-6)
        assert slide.properties["tiffslide.mpp-y"] == pytest.approx(um, rel=1e-6)
    with open_image(path) as reader:
        assert reader.info.spacing_um == um
        assert reader.info.spacing_source == "OME metadata"


def test_an_unknown_spacing_is_not_written(tmp_path: Path) -> None:
    with tifffile.TiffFile(write(tmp_path / "a.ome.tif", noise(30, 30), um=None)) as file:
        assert "PhysicalSize" not in str(file.ome_metadata)
        assert "XResolution" not in file.pages.first.tags


def test_the_metadata_says_what_the_pixels_are_and_keeps_the_description(tmp_path: Path) -> None:
    text = '{"model": "<µ> & \\"so\\""}'
    with tifffile.TiffFile(write(tmp_path / "a.ome.tif", noise(30, 40), text=text)) as file:
        root = ElementTree.fromstring(str(file.ome_metadata))  # noqa: S314 - our own
    space = {"ome": "http://www.openmicroscopy.org/Schemas/OME/2016-06"}
    assert root.findtext(".//ome:Description", namespaces=space) == text
    [pixels] = root.iterfind(".//ome:Pixels", space)
    sides = [pixels.get(f"Size{axis}") for axis in "YXCZT"]
    assert sides == ["30", "40", "3", "1", "1"]
    [channel] = root.iterfind(".//ome:Channel", space)
    assert channel.get("SamplesPerPixel") == "3"


def test_the_levels_may_be_jpeg(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ome.tif", smooth(1001, 777), compression="jpeg")
    expected = levels_of(smooth(1001, 777))
    with tifffile.TiffFile(path) as file:
        for level, one in zip(file.series[0].levels, expected, strict=True):
            assert np.abs(level.asarray().astype(int) - one).max() <= 5
