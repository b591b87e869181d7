from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from cyclegan.images.raw_rows import RawRows
from cyclegan.images.reserve import fill, reserve
from tests.cyclegan.images.pictures import noise


@pytest.mark.parametrize("way", [reserve, fill])
@pytest.mark.parametrize("size", [1, 4096, 3 * 2**20 + 5])
def test_space_is_really_set_aside(way: object, size: int, tmp_path: Path) -> None:
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        assert callable(way)
        way(file.fileno(), size)
        found = os.fstat(file.fileno())
    assert found.st_size == size
    assert found.st_blocks * 512 >= size


def test_rows_come_back_in_any_portions(tmp_path: Path) -> None:
    pixels = noise(50, 33)
    raw = RawRows(tmp_path, height=50, width=33)
    raw.append(pixels[:7])
    raw.append(pixels[7:])
    assert (raw.rows(20, 11) == pixels[20:31]).all()
    assert (raw.rows(45, 100) == pixels[45:]).all()
    raw.close()


def test_scratch_rows_have_no_name_that_could_be_left_behind(tmp_path: Path) -> None:
    raw = RawRows(tmp_path, height=50, width=33)
    assert list(tmp_path.iterdir()) == []
    raw.close()
