from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
import tifffile
from PIL import Image

from cyclegan.images import open_image
from cyclegan.images.spacing import Spacing, choose
from tests.cyclegan.images.pictures import chunk, noise, png, read_here


def spacing_of(path: Path) -> tuple[Any, str | None]:
    found, _ = choose(read_here(path).raster.spacings)
    return (found.x, found.source) if found else (None, None)


def tiff(path: Path, **options: Any) -> Path:
    tifffile.imwrite(path, noise(8, 9), photometric="rgb", **options)
    return path


@pytest.mark.parametrize("um", [0.05, 0.25, 0.5, 3.7, 20])
@pytest.mark.parametrize(("unit", "um_per_unit"), [("CENTIMETER", 1e4), ("INCH", 25400)])
def test_a_tiff_says_it_by_resolution(
    um: float, unit: str, um_per_unit: float, tmp_path: Path
) -> None:
    options = {"resolution": (um_per_unit / um,) * 2, "resolutionunit": unit}
    found, source = spacing_of(tiff(tmp_path / "a.tif", **options))
    assert (found, source) == (pytest.approx(um, rel=1e-6), "TIFF resolution")


def test_a_resolution_without_unit_says_nothing(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", resolution=(20000, 20000), resolutionunit="NONE")
    assert read_here(path).raster.spacings == ()


@pytest.mark.parametrize(("size", "unit"), [(0.4, "µm"), (400, "nm"), (4e-4, "mm")])
def test_ome_metadata_says_it_first(size: float, unit: str, tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    metadata = {
        "axes": "YXS",
        "PhysicalSizeX": size,
        "PhysicalSizeXUnit": unit,
        "PhysicalSizeY": size,
        "PhysicalSizeYUnit": unit,
    }
    tiff(path, metadata=metadata, resolution=(5000, 5000), resolutionunit="CENTIMETER")
    assert spacing_of(path) == (pytest.approx(0.4), "OME metadata")


def test_aperio_says_it_before_the_resolution(tmp_path: Path) -> None:
    text = "Aperio Image Library v11\n9x8 |AppMag = 20|MPP = 0.4990|x"
    path = tiff(tmp_path / "a.svs", description=text, metadata=None, resolution=(72, 72))
    assert spacing_of(path) == (0.499, "Aperio's MPP")


@pytest.mark.parametrize("unit", ["micron", "\\u00B5m", "um"])
def test_imagej_says_it_by_its_scale(unit: str, tmp_path: Path) -> None:
    path = tiff(
        tmp_path / "a.tif",
        description=f"ImageJ=1.53\nunit={unit}\n",
        metadata=None,
        resolution=(2.5, 2.5),
        resolutionunit="NONE",
    )
    assert spacing_of(path) == (pytest.approx(0.4), "ImageJ's scale")


@pytest.mark.parametrize("um", [0.05, 0.25, 1.7])
def test_a_png_says_it_by_resolution(um: float, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(noise(8, 9)).save(path, dpi=(25400 / um, 25400 / um))
    assert spacing_of(path) == (pytest.approx(um, rel=1e-5), "PNG resolution")


def test_a_png_with_an_aspect_only_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(noise(8, 9), chunk(b"pHYs", struct.pack(">IIB", 2000000, 2000000, 0))))
    assert read_here(path).raster.spacings == ()


def test_a_jpeg_says_it_by_density(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(noise(8, 9)).save(path, dpi=(25400, 25400))
    assert spacing_of(path) == (pytest.approx(1), "JPEG resolution")


def test_72_dpi_is_unknown_and_a_note_says_so(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", resolution=(72, 72), resolutionunit="INCH")
    with open_image(path, scratch=tmp_path) as reader:
        assert (reader.info.spacing_um, reader.info.spacing_source) == (None, None)
        assert "352.8 µm" in reader.info.notes[0]


@pytest.mark.parametrize(
    ("um", "is_known"), [(0.0499, False), (0.05, True), (20, True), (20.1, False)]
)
def test_only_what_a_microscope_can_have_is_believed(um: float, is_known: bool) -> None:
    spacing, notes = choose([Spacing(um, um, "a test")])
    assert (spacing is not None) == is_known
    assert len(notes) == (not is_known)


def test_pixels_that_are_not_square_are_unknown() -> None:
    spacing, notes = choose([Spacing(0.5, 0.6, "a test")])
    assert spacing is None
    assert "not square" in notes[0]


def test_a_plausible_statement_is_taken_after_an_absurd_one() -> None:
    good = Spacing(0.5, 0.5, "the second")
    assert choose([Spacing(900, 900, "the first"), good]) == (good, ())


def test_the_description_has_spacing_and_source(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", resolution=(20000, 20000), resolutionunit="CENTIMETER")
    with open_image(path, scratch=tmp_path) as reader:
        assert reader.info.spacing_um == pytest.approx(0.5)
        assert reader.info.spacing_source == "TIFF resolution"
