from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from cyclegan.images import Tee, create_image, open_image
from tests.cyclegan.images.pictures import noise

KINDS = ("preview", "png", "tiff")


def tee(folder: Path, *, heights: tuple[int, ...] = (30, 30, 30)) -> Tee:
    return Tee(
        [
            create_image(folder / kind, kind=kind, height=height, width=20)
            for kind, height in zip(KINDS, heights, strict=True)
        ]
    )


def test_every_file_gets_every_row(tmp_path: Path) -> None:
    with tee(tmp_path) as writer:
        writer.write(noise(13, 20))
        writer.write(noise(17, 20, seed=1))
    assert {path.name for path in tmp_path.iterdir()} == set(KINDS)
    with open_image(tmp_path / "tiff") as one, open_image(tmp_path / "png") as other:
        assert (one.read(0, 0, 30, 20) == other.read(0, 0, 30, 20)).all()


def test_an_error_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    with contextlib.suppress(KeyError), tee(tmp_path) as writer:
        writer.write(noise(30, 20))
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_when_one_cannot_be_finished_those_after_it_are_thrown_away(tmp_path: Path) -> None:
    writer = tee(tmp_path, heights=(30, 31, 30))
    writer.write(noise(30, 20))
    with pytest.raises(ValueError, match="30 rows were written; the image has 31"):
        writer.close()
    assert {path.name for path in tmp_path.iterdir()} == {KINDS[0]}
