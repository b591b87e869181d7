"""Every format through the child process, as its users see it."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run

import numpy as np
import pytest
from PIL import Image

from cyclegan.errors import CorruptImage, UnsupportedFormat
from cyclegan.images import READERS, open_image
from tests.cyclegan.images.pictures import noise, save, smooth

SUFFIX = {"png": ".png", "jpeg": ".jpg", "tiff": ".tif", "slide": ".vms", "ome-zarr": ".zarr"}
PICTURE = smooth(56, 80)


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture(params=sorted(READERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(name: str, tmp_path: Path) -> Path:
    return save(tmp_path / f"picture{SUFFIX[name]}", PICTURE)


def test_a_picture_comes_back_as_it_was_saved(path: Path, name: str, scratch: Path) -> None:
    with open_image(path, scratch=scratch) as reader:
        pixels = reader.read(0, 0, 56, 80)
    # JPEG at quality 95 of smooth colours is off by a few levels.
    allowed = 6 if name in {"jpeg", "slide"} else 0
    assert np.abs(pixels.astype(int) - PICTURE).max() <= allowed


def test_the_description_says_what_the_file_is(path: Path, name: str, scratch: Path) -> None:
    with open_image(path, scratch=scratch) as reader:
        info = reader.info
    assert (info.height, info.width, info.format) == (56, 80, name)
    assert (info.bits, info.channels) == (8, 3)
    assert info.spacing_um == (0.5 if name == "slide" else None)


def test_the_name_of_the_file_need_not_be_utf_8(path: Path, scratch: Path) -> None:
    named = path.rename(path.with_name(os.fsdecode(b"na\xefve") + path.suffix))
    with open_image(named, scratch=scratch) as reader:
        assert (reader.info.height, reader.info.width) == (56, 80)


def test_the_name_of_the_file_does_not_matter(path: Path, name: str, scratch: Path) -> None:
    hidden = path.rename(path.with_name("-picture.txt"))
    with open_image(hidden, scratch=scratch) as reader:
        assert reader.info.format == name


def test_any_region_is_that_part_of_the_picture(path: Path, scratch: Path) -> None:
    with open_image(path, scratch=scratch) as reader:
        whole = reader.read(0, 0, 56, 80)
        assert (reader.read(13, 40, 20, 40) == whole[13:33, 40:80]).all()


def test_a_region_may_be_changed_without_changing_the_image(path: Path, scratch: Path) -> None:
    with open_image(path, scratch=scratch) as reader:
        before = reader.read(0, 0, 5, 5)
        reader.read(0, 0, 5, 5)[:] = 0
        assert (reader.read(0, 0, 5, 5) == before).all()


def test_a_region_outside_the_image_is_an_error(path: Path, scratch: Path) -> None:
    with open_image(path, scratch=scratch) as reader, pytest.raises(ValueError, match="inside"):
        reader.read(50, 0, 7, 80)


def test_a_pickled_copy_reads_the_same_and_leaves_the_pixels(path: Path, scratch: Path) -> None:
    with open_image(path, scratch=scratch) as reader:
        with pickle.loads(pickle.dumps(reader)) as copy:  # noqa: S301 - our own
            assert (copy.read(1, 2, 30, 40) == reader.read(1, 2, 30, 40)).all()
        with pickle.loads(pickle.dumps(reader)) as copy:  # noqa: S301 - our own
            assert copy.info == reader.info


def test_decoded_pixels_that_were_read_do_not_count_as_memory(path: Path, scratch: Path) -> None:
    with open_image(path, scratch=scratch) as reader:
        reader.read(0, 0, 56, 80)
        assert str(scratch) not in Path("/proc/self/maps").read_text()


def test_a_region_may_be_empty(path: Path, scratch: Path) -> None:
    with open_image(path, scratch=scratch) as reader:
        assert reader.read(1, 1, 3, 0).shape == (3, 0, 3)
        assert reader.read(1, 1, 0, 3).shape == (0, 3, 3)


def test_closing_twice_is_closing_once(path: Path, scratch: Path) -> None:
    reader = open_image(path, scratch=scratch)
    reader.close()
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.read(0, 0, 1, 1)


def test_two_images_can_be_opened_at_once(tmp_path: Path, scratch: Path) -> None:
    paths = [save(tmp_path / f"{seed}.png", noise(31, 17, seed=seed)) for seed in range(4)]

    def first_pixels(path: Path) -> bytes:
        with open_image(path, scratch=scratch) as reader:
            return reader.read(0, 0, 31, 17).tobytes()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(first_pixels, paths))
    assert found == [noise(31, 17, seed=seed).tobytes() for seed in range(4)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"GIF89a" + bytes(50), "GIF"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<!DOCTYPE html><html><body>", "HTML"),
        (b"just some words", "text"),
        (b"PK\x03\x04" + bytes(50), "ZIP"),
        (b"\x00\x01\x02\x03" * 9, "no kind"),
    ],
)
def test_other_files_are_named_and_refused(content: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(UnsupportedFormat, match=f"{what}.*PNG, JPEG and TIFF"):
        open_image(path)


def test_an_empty_file_has_a_message_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.touch()
    with pytest.raises(CorruptImage, match="empty"):
        open_image(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormat, match="folder"):
        open_image(tmp_path)


def test_a_real_picture_with_a_wrong_ending_inside_is_corrupt(
    tmp_path: Path, scratch: Path
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"words" * 99)
    with pytest.raises(CorruptImage):
        open_image(path, scratch=scratch)


def test_opening_an_image_does_not_import_the_decoders(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(noise(3, 3)).save(path)
    code = (
        "import sys, pathlib; from cyclegan.images import open_image;"
        "open_image(pathlib.Path(sys.argv[1])).close();"
        "sys.exit(bool({'tifffile', 'imagecodecs'} & set(sys.modules)))"
    )
    assert run([sys.executable, "-c", code, str(path)], check=False).returncode == 0
