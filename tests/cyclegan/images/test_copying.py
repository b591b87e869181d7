from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from cyclegan.errors import Cancelled
from cyclegan.images import create_image, open_image
from cyclegan.images.copying import copy_pixels
from tests.cyclegan.images.pictures import noise, save


@pytest.mark.parametrize("size", [(1, 1), (257, 4097)])
def test_a_copy_has_every_pixel(tmp_path: Path, size: tuple[int, int]) -> None:
    source = save(tmp_path / "a.png", noise(*size))
    with (
        open_image(source, scratch=tmp_path) as reader,
        create_image(tmp_path / "b.tif", kind="tiff", height=size[0], width=size[1]) as writer,
    ):
        copy_pixels(reader, writer)
    assert (np.asarray(tifffile.imread(tmp_path / "b.tif")) == noise(*size)).all()


def test_a_copy_ends_when_it_is_told_to(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled("Enough.")

    source = save(tmp_path / "a.png", noise(9, 9))
    with (
        open_image(source, scratch=tmp_path) as reader,
        pytest.raises(Cancelled),
        create_image(tmp_path / "b.tif", kind="tiff", height=9, width=9) as writer,
    ):
        copy_pixels(reader, writer, go_on=stop)
    assert not (tmp_path / "b.tif").exists()
