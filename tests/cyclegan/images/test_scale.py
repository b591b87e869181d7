from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from cyclegan.errors import ImageTooLarge, SettingsError
from cyclegan.images import open_image
from cyclegan.images.image import DecodeLimits, Extent, Reader
from cyclegan.images.scale import choose_level, factor_between
from tests.cyclegan.images.pictures import noise, save_zarr


@pytest.mark.parametrize(
    ("wanted", "level", "ratio"),
    [
        (0.25, 0, 1),
        (0.1875, 0, 1),
        (0.3125, 0, 1),
        (0.313, 0, 1.252),
        (0.37, 0, 1.48),
        (0.375, 1, 1),
        (0.5, 1, 1),
        (0.63, 1, 1.26),
        (1, 2, 1),
        (2, 2, 2),
        (0.1, 0, 0.4),
    ],
)
def test_the_nearest_level_is_read_or_the_next_finer_one_resampled(
    wanted: float, level: int, ratio: float
) -> None:
    choice = choose_level([0.25, 0.5, 1.0], wanted)
    assert choice.level == level
    assert choice.ratio == pytest.approx(ratio)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (0.3, "has 0.25 µm per pixel and was read as it is, near enough to the 0.3 µm"),
        (0.5, "A coarser level of the file was read, with 0.5 µm per pixel"),
        (0.37, "was scaled down from 0.25 to 0.37 µm per pixel"),
        (0.1, "was enlarged from 0.25 to 0.1 µm per pixel"),
    ],
)
def test_a_sentence_says_what_was_done(wanted: float, words: str) -> None:
    assert words in str(choose_level([0.25, 0.5], wanted).note)


def test_what_is_just_as_wanted_is_not_worth_a_word() -> None:
    assert choose_level([0.25, 0.5], 0.2502).note is None


@pytest.mark.parametrize(
    ("finest", "level", "factor"),
    [
        ((301, 203), (150, 101), 2),
        ((301, 203), (151, 102), 2),
        ((100_001, 70_003), (25_000, 17_500), 4),
        ((300, 200), (200, 133), pytest.approx(1.5, rel=0.01)),
    ],
)
def test_rounded_sizes_do_not_change_the_factor(
    finest: tuple[int, int], level: tuple[int, int], factor: float
) -> None:
    assert factor_between(finest, level) == factor


def tiff(path: Path, um: float | None) -> Path:
    options: dict[str, Any] = {"resolution": (1e4 / um,) * 2, "resolutionunit": 3} if um else {}
    tifffile.imwrite(path, noise(60, 80), photometric="rgb", **options)
    return path


def whole(reader: Reader) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return reader.read(0, 0, reader.info.height, reader.info.width)


def test_a_picture_without_levels_is_resampled_too(tmp_path: Path) -> None:
    with open_image(tiff(tmp_path / "a.tif", 0.25), spacing_um=0.5, scratch=tmp_path) as reader:
        expected = noise(60, 80).reshape(30, 2, 40, 2, 3).mean(axis=(1, 3))
        assert np.abs(whole(reader) - expected).max() <= 0.5
        info = reader.info
    assert (info.height, info.width) == (30, 40)
    assert info.spacing_um == 0.5
    assert (info.source.height, info.source.spacing_um) == (60, 0.25)
    assert "scaled down" in info.notes[-1]


def test_a_picture_of_unknown_spacing_is_read_as_it_is(tmp_path: Path) -> None:
    with open_image(tiff(tmp_path / "a.tif", None), spacing_um=0.5, scratch=tmp_path) as reader:
        assert (whole(reader) == noise(60, 80)).all()
        assert (
            "unknown, so the image was read as it is; the model wants 0.5" in reader.info.notes[0]
        )


def test_without_a_wish_the_finest_level_is_read(tmp_path: Path) -> None:
    path = save_zarr(tmp_path / "a", [noise(60, 80), noise(30, 40)], spacing_um=0.25)
    with open_image(path) as reader:
        assert (whole(reader) == noise(60, 80)).all()
        assert reader.info.source == Extent(60, 80, 0.25)


def test_a_spacing_given_by_hand_counts_more_than_the_files(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", 0.25)
    with open_image(path, own_spacing_um=0.5, spacing_um=0.5, scratch=tmp_path) as reader:
        assert (whole(reader) == noise(60, 80)).all()
        assert (reader.info.spacing_um, reader.info.notes) == (0.5, ())


@pytest.mark.parametrize("um", [0, -1, 0.049, 21, float("nan")])
def test_a_spacing_that_no_microscope_has_is_refused(um: float, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"0\.05 and 20 µm"):
        open_image(tiff(tmp_path / "a.tif", None), own_spacing_um=um)


def test_an_image_that_would_become_too_large_is_refused(tmp_path: Path) -> None:
    limits = DecodeLimits(max_region_pixels=60 * 80 * 25 - 1)
    with pytest.raises(ImageTooLarge, match="400 x 300 px"):
        open_image(tiff(tmp_path / "a.tif", 0.5), spacing_um=0.1, limits=limits, scratch=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]
