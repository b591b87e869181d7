from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from cyclegan.images.reserve import fill, reserve


@pytest.mark.parametrize("way", [reserve, fill])
@pytest.mark.parametrize("size", [1, 4096, 3 * 2**20 + 5])
def test_space_is_really_set_aside(way: object, size: int, tmp_path: Path) -> None:
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        assert callable(way)
        way(file.fileno(), size)
        found = os.fstat(file.fileno())
    assert found.st_size == size
    assert found.st_blocks * 512 >= size
