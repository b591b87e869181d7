from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from cyclegan.images.develop import ON_BLACK
from tests.cyclegan.images.pictures import deep_noise, noise, png, read_here


def save(path: Path, colours: np.ndarray[Any, Any], alpha: np.ndarray[Any, Any] | int) -> Path:
    plane = np.broadcast_to(np.asarray(alpha, colours.dtype), colours.shape[:2])[:, :, None]
    pixels = np.concatenate([colours, plane], axis=2)
    if path.suffix == ".png":
        path.write_bytes(png(pixels))
    else:
        grey_or_rgb = "rgb" if pixels.shape[2] == 4 else "minisblack"
        tifffile.imwrite(
            path,
            pixels,
            photometric=grey_or_rgb,
            planarconfig="contig",
            extrasamples=["unassalpha"],
        )
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_constant_alpha_is_dropped(suffix: str, value: int, tmp_path: Path) -> None:
    read = read_here(save(tmp_path / f"a{suffix}", noise(30, 20), value))
    assert (read.pixels == noise(30, 20)).all()
    assert read.notes == ()


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("samples", [1, 3])
def test_changing_alpha_is_shown_on_black(suffix: str, samples: int, tmp_path: Path) -> None:
    colours, alpha = noise(30, 20)[:, :, :samples], noise(30, 20, seed=1)[:, :, 0]
    read = read_here(save(tmp_path / f"a{suffix}", colours, alpha))
    expected = colours * (alpha[:, :, None] / 255)
    assert np.abs(read.pixels - expected).max() <= 0.51
    assert read.notes == (ON_BLACK,)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_alpha_of_16_bits_is_shown_on_black(suffix: str, tmp_path: Path) -> None:
    alpha = deep_noise(30, 20, seed=1)[:, :, 0]
    colours = np.where(np.indices((30, 20))[1][:, :, None] < 3, 0, 65535).astype(np.uint16)
    read = read_here(save(tmp_path / f"a{suffix}", colours.repeat(3, axis=2), alpha))
    assert np.abs(read.pixels[:, 3:, 0] - alpha[:, 3:] / 257).max() <= 1


def test_premultiplied_alpha_is_not_multiplied_again(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    pixels = np.concatenate([noise(30, 20), noise(30, 20, seed=1)[:, :, :1]], axis=2)
    tifffile.imwrite(path, pixels, photometric="rgb", extrasamples=["assocalpha"])
    read = read_here(path)
    assert (read.pixels == noise(30, 20)).all()
    assert read.notes == (ON_BLACK,)


def test_extra_channels_are_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    pixels = np.concatenate([noise(30, 20), noise(30, 20, seed=1)], axis=2)
    tifffile.imwrite(path, pixels, photometric="rgb", extrasamples=["unspecified"] * 3)
    read = read_here(path)
    assert (read.pixels == noise(30, 20)).all()
    assert read.notes == ("3 extra channels of the file were left out.",)


def test_a_transparent_colour_of_a_palette_is_black(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    image = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8)).convert("P")
    image.putpalette([250, 10, 10, 10, 250, 10])
    image.save(path, transparency=1)
    assert read_here(path).pixels.tolist() == [
        [[250, 10, 10], [0, 0, 0]],
        [[0, 0, 0], [250, 10, 10]],
    ]
