from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cyclegan.images import open_image
from cyclegan.images.region import Region
from cyclegan.remnants import keep_part, remnants
from tests.cyclegan.arrays import noise
from tests.cyclegan.images.pictures import save

HOLES = [
    [Region(10, 20, 30, 5)],
    [Region(0, 0, 50, 10), Region(40, 5, 20, 60)],
    [Region(-5, -5, 20, 20), Region(55, 60, 40, 40), Region(20, 20, 9, 9)],
]


@pytest.mark.parametrize("holes", HOLES)
def test_pieces_cover_what_is_left_once_and_nothing_of_the_rest(holes: list[Region]) -> None:
    covered = np.zeros((60, 70), int)
    for piece in remnants(60, 70, holes, smallest_px=1):
        covered[piece.y : piece.y + piece.height, piece.x : piece.x + piece.width] += 1
    wanted = np.ones((60, 70), int)
    for hole in holes:
        rows = slice(max(0, hole.y), hole.y + hole.height)
        wanted[rows, max(0, hole.x) : hole.x + hole.width] = 0
    np.testing.assert_array_equal(covered, wanted)


def test_what_is_too_small_to_be_of_use_is_dropped() -> None:
    assert remnants(60, 70, [Region(0, 0, 60, 50)], smallest_px=20) == [Region(0, 50, 60, 20)]
    assert remnants(60, 70, [Region(10, 10, 40, 50)], smallest_px=20) == []
    assert remnants(19, 70, [], smallest_px=20) == []


def test_more_of_the_image_is_kept_of_two_ways_to_cut_it() -> None:
    # Along the columns, all 100 rows beside the region are kept; along the rows, 10 px are lost.
    kept = remnants(100, 100, [Region(90, 0, 10, 60)], smallest_px=30)
    assert sum(piece.height * piece.width for piece in kept) == 100 * 100 - 10 * 60


def test_a_part_keeps_its_pixels(tmp_path: Path) -> None:
    pixels = noise(600, 70, seed=1)
    save(tmp_path / "whole.png", pixels)
    keep_part(
        tmp_path / "whole.png", tmp_path / "part.png", Region(3, 5, 590, 41), scratch=tmp_path
    )
    with open_image(tmp_path / "part.png") as reader:
        np.testing.assert_array_equal(reader.read(0, 0, 590, 41), pixels[3:593, 5:46])
