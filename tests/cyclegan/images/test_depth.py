from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from cyclegan.images import open_image
from cyclegan.images.depth import Window, find_window
from tests.cyclegan.images.pictures import deep_noise, noise, png, read_here


def in_parts(samples: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    yield from np.array_split(samples, 7)


def window_of(samples: np.ndarray[Any, Any]) -> Window:
    return find_window(lambda: in_parts(samples), samples.dtype)


def write(path: Path, pixels: np.ndarray[Any, Any], **options: Any) -> Path:
    if path.suffix == ".png":
        path.write_bytes(png(pixels))
    else:
        tifffile.imwrite(path, pixels, photometric="rgb", **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_twins_of_8_and_16_bit_agree(suffix: str, tmp_path: Path) -> None:
    # Noise has its percentiles at 0 and 255.
    shallow = noise(90, 71)
    deep = shallow.astype(np.uint16) * 257
    found = read_here(write(tmp_path / f"picture{suffix}", deep)).pixels
    assert np.abs(found.astype(int) - shallow).max() <= 1


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_dim_pictures_fill_the_range_and_are_not_clipped(suffix: str, tmp_path: Path) -> None:
    # A camera that uses little of its 16 bits: cut to 8 bits it would have two levels.
    deep = (deep_noise(90, 71) // 163 + 291).astype(np.uint16)
    read = read_here(write(tmp_path / f"picture{suffix}", deep))
    expected = (deep.astype(float) - deep.min()) * 255 / (np.ptp(deep))
    assert np.abs(read.pixels - expected).max() < 2
    assert any("scaled linearly: 29" in note for note in read.notes)


def test_colours_keep_their_proportions(tmp_path: Path) -> None:
    deep = (deep_noise(200, 100) // (1, 4, 16)).astype(np.uint16)
    means = read_here(write(tmp_path / "picture.tif", deep)).pixels.mean(axis=(0, 1))
    assert means[0] / means[1] == pytest.approx(4, rel=0.05)
    assert means[0] / means[2] == pytest.approx(16, rel=0.1)


def test_the_description_says_16_bit(tmp_path: Path) -> None:
    path = write(tmp_path / "picture.png", deep_noise(20, 30))
    with open_image(path, scratch=tmp_path) as reader:
        assert reader.info.bits == 16
        assert "0.1st to 99.9th percentile" in reader.info.notes[0]


@pytest.mark.parametrize(
    "dtype", ["uint16", "int16", "uint32", "int32", "float16", "float32", "float64"]
)
def test_any_depth_is_scaled_alike(dtype: str, tmp_path: Path) -> None:
    ramp = np.linspace(0, 30000, 120 * 90).reshape(120, 90, 1).repeat(3, axis=2).astype(dtype)
    found = read_here(write(tmp_path / "picture.tif", ramp)).pixels
    expected = np.linspace(0, 255, 120 * 90).reshape(120, 90, 1)
    assert np.abs(found - expected).max() <= 1.5


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_bits_are_scaled_alike(bits: int, tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    ramp = np.linspace(0, 2**bits - 1, 64 * 48).reshape(64, 48).astype(np.uint16)
    tifffile.imwrite(path, ramp, photometric="minisblack", bitspersample=bits)
    found = read_here(path).pixels[:, :, 0]
    assert np.abs(found - np.linspace(0, 255, 64 * 48).reshape(64, 48)).max() <= 1.5


@pytest.mark.parametrize("value", [0, 1, 700, 65535])
def test_a_constant_picture_keeps_its_brightness(value: int, tmp_path: Path) -> None:
    deep = np.full((9, 7, 3), value, np.uint16)
    assert (read_here(write(tmp_path / "picture.png", deep)).pixels == round(value / 257)).all()


@pytest.mark.parametrize("dtype", ["int16", "uint32", "float32"])
def test_a_constant_picture_of_any_type_is_read(dtype: str, tmp_path: Path) -> None:
    flat = np.full((9, 7, 3), 5, dtype)
    assert len(np.unique(read_here(write(tmp_path / "picture.tif", flat)).pixels)) == 1


def test_what_is_not_a_number_is_black(tmp_path: Path) -> None:
    picture = np.linspace(1, 2, 3000, dtype=np.float32).reshape(50, 20, 3)
    picture[3, 4], picture[5, 6], picture[7, 8] = np.nan, np.inf, -np.inf
    found = read_here(write(tmp_path / "picture.tif", picture)).pixels
    assert (found[3, 4] == 0).all()
    assert (found[5, 6] == 255).all()
    assert (found[7, 8] == 0).all()
    assert found.mean() == pytest.approx(127, abs=2)


def test_a_picture_of_nothing_but_nan_is_black(tmp_path: Path) -> None:
    path = write(tmp_path / "picture.tif", np.full((4, 5, 3), np.nan, np.float32))
    assert (read_here(path).pixels == 0).all()


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float64"])
def test_the_window_reaches_from_percentile_to_percentile(dtype: str) -> None:
    samples = np.random.default_rng(5).normal(9000, 900, 100_000).astype(dtype)
    window = window_of(samples)
    low, high = np.percentile(samples, [0.1, 99.9])
    assert window.low == pytest.approx(low, abs=3)
    assert window.high == pytest.approx(high, abs=3)


def test_hot_pixels_do_not_darken_the_picture() -> None:
    samples = np.random.default_rng(5).uniform(0, 1, 100_000)
    samples[:20] = 1e12
    assert window_of(samples).high == pytest.approx(1, abs=0.01)


def test_few_bright_pixels_on_black_stay_visible() -> None:
    samples = np.zeros(100_000, np.uint16)
    samples[:20] = 4000
    assert window_of(samples) == Window(0, 4000)
