"""Files with several pictures: the first is read, and a note says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from tests.cyclegan.images.pictures import noise, read_here


def test_the_first_of_several_pages_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for seed in range(3):
            file.write(noise(30, 20, seed=seed), photometric="rgb", metadata=None)
    read = read_here(path)
    assert (read.pixels == noise(30, 20)).all()
    assert read.notes == ("The file has 3 pages; only the first was read.",)


def test_many_pages_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((150, 4, 5), np.uint8), photometric="minisblack", metadata=None)
    assert read_here(path).notes == ("The file has 150 pages; only the first was read.",)


def test_levels_of_a_pyramid_are_no_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(noise(301, 200), photometric="rgb", tile=(64, 64))
        file.write(noise(150, 100), photometric="rgb", tile=(64, 64), subfiletype=1)
        file.write(noise(75, 50), photometric="rgb", tile=(64, 64))
    read = read_here(path)
    assert (read.pixels == noise(301, 200)).all()
    assert read.notes == ()


def test_levels_in_subifds_are_no_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        file.write(noise(300, 200), photometric="rgb", subifds=1, metadata={"axes": "YXS"})
        file.write(noise(150, 100), photometric="rgb", subfiletype=1)
    read = read_here(path)
    assert (read.pixels == noise(300, 200)).all()
    assert read.notes == ()


def test_the_still_picture_of_an_animation_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    frames = [Image.fromarray(noise(30, 20, seed=seed)) for seed in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    read = read_here(path)
    assert (read.pixels == noise(30, 20)).all()
    assert "animation" in read.notes[0]


def test_printing_colours_are_converted(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture = Image.new("CMYK", (20, 30), (0, 255, 255, 0))
    picture.save(path, quality=95)
    read = read_here(path)
    assert np.abs(read.pixels.astype(int) - (255, 0, 0)).max() <= 3
    assert "CMYK" in read.notes[0]


def test_tiles_that_are_absent_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tiles = [noise(16, 16), None, None, noise(16, 16, seed=1)]
    tifffile.imwrite(
        path,
        iter(tiles),
        shape=(32, 32, 3),
        dtype="uint8",
        tile=(16, 16),
        photometric="rgb",
        compression="deflate",
    )
    read = read_here(path)
    assert (read.pixels[:16, :16] == noise(16, 16)).all()
    assert read.notes == ("2 tiles are not in the file; they were left empty.",)
