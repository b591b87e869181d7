from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclegan.images import create_image
from cyclegan.images.image import Pixels
from cyclegan.images.preview import means
from tests.cyclegan.images.pictures import noise, smooth


def preview(path: Path, pixels: Pixels, *, rows: int = 100) -> Pixels:
    height, width = pixels.shape[:2]
    with create_image(path, kind="preview", height=height, width=width) as writer:
        for top in range(0, height, rows):
            writer.write(pixels[top : top + rows])
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((1600, 7), (1600, 7)),
        ((1601, 800), (1600, 800)),
        ((3, 4000), (1, 1600)),
        ((3300, 2200), (1600, 1067)),
    ],
)
def test_the_longer_side_is_at_most_1600(
    size: tuple[int, int], shown: tuple[int, int], tmp_path: Path
) -> None:
    assert preview(tmp_path / "a.jpg", smooth(*size)).shape[:2] == shown


def test_a_preview_is_a_jpeg_with_full_colour_resolution(tmp_path: Path) -> None:
    preview(tmp_path / "a.jpg", smooth(20, 30))
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.format == "JPEG"
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [(1700, 300), (3500, 1300), (5001, 33)])
def test_a_preview_looks_like_the_picture(size: tuple[int, int], tmp_path: Path) -> None:
    pixels = smooth(*size)
    shown = preview(tmp_path / "a.jpg", pixels)
    expected = Image.fromarray(pixels).resize(shown.shape[1::-1], Image.Resampling.BOX)
    assert np.abs(shown.astype(int) - np.asarray(expected)).max() <= 6


def test_what_is_seen_stands_where_it_belongs(tmp_path: Path) -> None:
    # 1601 blocks of 10 px, the last of 1 px: px 1279 of the preview lies to 92 % left of the edge.
    pixels = np.zeros((160, 16001, 3), np.uint8)
    pixels[:, :12800] = 200
    assert int(preview(tmp_path / "a.jpg", pixels)[8, 1279, 0]) == pytest.approx(184, abs=20)


def test_brightness_does_not_drift(tmp_path: Path) -> None:
    pixels = noise(3500, 1300)
    shown = preview(tmp_path / "a.jpg", pixels)
    assert shown.mean(axis=(0, 1)) == pytest.approx(pixels.mean(axis=(0, 1)), abs=0.7)


def test_means_of_blocks_are_rounded_and_the_last_may_be_narrower() -> None:
    rows = np.array([[[0], [1], [7]], [[1], [1], [8]]], np.uint8).repeat(3, axis=2)
    assert means(rows, 2).tolist() == [[[1, 1, 1], [8, 8, 8]]]
