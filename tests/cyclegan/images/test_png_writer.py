from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cyclegan.images import create_image, open_image
from tests.cyclegan.images.pictures import noise


def write(path: Path, *, um: float | None, text: str = "") -> Path:
    with create_image(
        path, kind="png", height=9, width=8, spacing_um=um, description=text
    ) as writer:
        writer.write(noise(9, 8))
    return path


@pytest.mark.parametrize("um", [0.05, 0.228, 0.5, 20])
def test_the_spacing_is_read_back(um: float, tmp_path: Path) -> None:
    with open_image(write(tmp_path / "a.png", um=um)) as reader:
        assert reader.info.spacing_um == pytest.approx(um, rel=1e-4)


def test_an_unknown_spacing_is_not_written(tmp_path: Path) -> None:
    with Image.open(write(tmp_path / "a.png", um=None)) as image:
        assert "dpi" not in image.info


def test_the_description_is_kept(tmp_path: Path) -> None:
    with Image.open(write(tmp_path / "a.png", um=None, text="µ-test")) as image:
        assert image.info["Description"] == "µ-test"
