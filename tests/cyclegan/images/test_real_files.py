"""Real microscopes' files, when COLORMAPPER_TEST_DATA names a folder of them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from cyclegan.images import open_image

SUFFIXES = {".png", ".jpg", ".tif", ".svs", ".ndpi"}
FOLDER = os.environ.get("COLORMAPPER_TEST_DATA")
FILES = (
    sorted(path for path in Path(FOLDER).rglob("*") if path.suffix in SUFFIXES) if FOLDER else []
)


@pytest.mark.skipif(not FOLDER, reason="COLORMAPPER_TEST_DATA names no folder of real images")
def test_the_folder_has_images() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_file_is_read(path: Path, tmp_path: Path) -> None:
    with open_image(path, scratch=tmp_path) as reader:
        info = reader.info
        pixels = reader.read(0, 0, info.height, info.width)
    assert min(info.height, info.width) > 50
    assert pixels.std() > 3, "a picture has structure"
    assert info.spacing_um is None or 0.05 <= info.spacing_um <= 20
    blank = (pixels.reshape(info.height, -1) == 0).all(axis=1)
    assert not np.diff(blank[-9:]).any() or not blank[-1], "rows are missing at the bottom"


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.suffix in {".svs", ".ndpi"}], ids=lambda path: path.name
)
def test_a_slide_shows_what_openslide_shows(path: Path, tmp_path: Path) -> None:
    openslide = pytest.importorskip("openslide")
    with openslide.OpenSlide(path) as slide, open_image(path, scratch=tmp_path) as reader:
        assert slide.dimensions == (reader.info.width, reader.info.height)
        shown = np.asarray(slide.read_region((700, 900), 0, (300, 200)))[:, :, :3]
        found = reader.read(900, 700, 200, 300)
    # Decoders of JPEG round differently, and smooth chroma differently.
    assert np.abs(shown.astype(int) - found).mean() < 2
