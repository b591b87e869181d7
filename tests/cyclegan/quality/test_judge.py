"""The verdict on an image before it is translated."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclegan.quality.judge import judge
from cyclegan.quality.overlay import write_overlay
from cyclegan.quality.verdicts import SENTENCES
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.quality import made


def codes(pixels: np.ndarray) -> list[str]:
    return [verdict.code for verdict in judge(ArrayReader(pixels))]


def test_nothing_is_said_of_a_good_image() -> None:
    assert codes(made.muse()) == []


def test_each_thing_that_is_wrong_is_said() -> None:
    muse = made.muse()
    assert codes(made.he()) == ["already_he"]
    assert codes(made.muse(blur_px=8)) == ["mostly_blurred"]
    assert codes(np.repeat(muse[..., :1], 3, axis=2)) == ["one_channel"]
    assert codes(np.full_like(muse, 3)) == ["blank"]


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 900), (100, 37)])
def test_images_of_any_size_are_judged(height: int, width: int) -> None:
    judge(ArrayReader(np.zeros((height, width, 3), np.uint8)))


def test_sentences_for_people_end_as_sentences_do() -> None:
    assert all(sentence.endswith(".") for _, sentence in SENTENCES.values())


def test_an_overlay_is_opaque_where_something_is_wrong_and_clear_where_nothing_is_known(
    tmp_path: Path,
) -> None:
    values = np.array([[0, 1, np.nan], [0.5, 0, 0]], np.float32)
    write_overlay(values, (1, 2, 3), tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as picture:
        assert picture.mode == "RGBA"
        pixels = np.asarray(picture)
    assert (pixels[..., :3] == (1, 2, 3)).all()
    assert pixels[0, 1, 3] > pixels[1, 0, 3] > 0
    assert pixels[0, 0, 3] == pixels[0, 2, 3] == 0
