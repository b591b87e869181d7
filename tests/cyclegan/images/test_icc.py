from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from imagecodecs import cms_profile
from PIL import Image

from cyclegan.images.icc import CONVERTED, NOT_USED
from cyclegan.images.srgb import srgb_profile
from tests.cyclegan.images.pictures import chunk, noise, png, read_here, swapping_profile

import zlib  # isort: skip


def patches(dtype: type[np.unsignedinteger[Any]]) -> np.ndarray[Any, Any]:
    """Red, green, black and white side by side, (32, 128, 3), so that exchanged colours show."""
    picture = np.zeros((32, 128, 3), dtype)
    top = np.iinfo(dtype).max
    picture[:, :32, 0] = top
    picture[:, 32:64, 1] = top
    picture[:, 96:] = top
    return picture


def save(path: Path, pixels: np.ndarray[Any, Any], profile: bytes) -> Path:
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels, photometric="rgb", iccprofile=profile)
    elif path.suffix == ".png":
        path.write_bytes(png(pixels, chunk(b"iCCP", b"name\0\0" + zlib.compress(profile))))
    else:
        Image.fromarray(pixels).save(path, quality=95, subsampling=0, icc_profile=profile)
    return path


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_a_profile_is_applied(suffix: str, tmp_path: Path) -> None:
    read = read_here(save(tmp_path / f"a{suffix}", patches(np.uint8), swapping_profile()))
    assert read.pixels[16, 16] == pytest.approx([0, 255, 0], abs=12)
    assert read.pixels[16, 48] == pytest.approx([255, 0, 0], abs=12)
    assert read.notes == (CONVERTED,)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_profile_is_applied_at_16_bits(suffix: str, tmp_path: Path) -> None:
    read = read_here(save(tmp_path / f"a{suffix}", patches(np.uint16), swapping_profile()))
    assert read.pixels[16, 16] == pytest.approx([0, 255, 0], abs=4)
    assert CONVERTED in read.notes


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_srgb_changes_nothing(suffix: str, tmp_path: Path) -> None:
    read = read_here(save(tmp_path / f"a{suffix}", noise(40, 30), srgb_profile()))
    assert (read.pixels == noise(40, 30)).all()
    assert read.notes == ()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("damage", [b"no profile", b"\0" * 300, swapping_profile()[:200]])
def test_a_broken_profile_is_a_note(suffix: str, damage: bytes, tmp_path: Path) -> None:
    read = read_here(save(tmp_path / f"a{suffix}", patches(np.uint8), damage))
    assert read.pixels[16, 16] == pytest.approx([255, 0, 0], abs=3)
    assert read.notes == (NOT_USED,)


def test_a_grey_profile_is_applied_to_grey(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    grey = np.full((9, 8), 55, np.uint8)
    tifffile.imwrite(path, grey, iccprofile=cms_profile("gray", gamma=1.0))
    # Linear 55 / 255 is 0.2157, which sRGB writes as 0.502 * 255.
    assert read_here(path).pixels == pytest.approx(np.full((9, 8, 3), 128), abs=2)


def test_a_grey_profile_does_not_fit_colours(tmp_path: Path) -> None:
    profile = cms_profile("gray", gamma=1.0)
    assert read_here(save(tmp_path / "a.tif", noise(9, 8), profile)).notes == (NOT_USED,)


def test_our_profile_is_the_same_each_time() -> None:
    first = srgb_profile()
    srgb_profile.cache_clear()
    assert srgb_profile() == first
