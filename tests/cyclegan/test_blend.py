"""Overlapping tiles to finished pieces."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan.blend import BLENDS, reassemble
from cyclegan.engines.engine import Batch
from cyclegan.preprocess import batches
from cyclegan.tiles import TileGrid
from tests.cyclegan.arrays import ArrayReader, joined, noise
from tests.cyclegan.resident import resident_peak
from tests.cyclegan.test_tiles import grids

blends = pytest.mark.parametrize("blend", list(BLENDS))


def patches(pixels: Batch, grid: TileGrid) -> Iterator[Batch]:
    return batches(ArrayReader(pixels), grid, 3, 0)


@blends
@settings(max_examples=30)
@given(grid=grids(), seed=st.integers(0, 99))
def test_tiles_of_an_image_give_every_pixel_back(blend: str, grid: TileGrid, seed: int) -> None:
    pixels = noise(grid.height, grid.width, seed)
    pieces = reassemble(grid, patches(pixels, grid), blend=blend)
    np.testing.assert_array_equal(joined(pieces, grid.width), pixels)


def tiles_of_flat_values(grid: TileGrid, values: list[int]) -> Iterator[Batch]:
    height, width = grid.rows[0].size, grid.columns[0].size
    for value in values:
        yield np.full((1, height, width, 3), value, np.uint8)


def middle_row(blend: str) -> list[int]:
    """Two tiles of 8 px, 4 px apart, one of 0 and one of 100."""
    grid = TileGrid(8, 12, core=4, halo=2)
    pieces = reassemble(grid, tiles_of_flat_values(grid, [0, 100]), blend=blend)
    return [int(value) for value in joined(pieces, 12)[4, :, 0]]


def test_average_counts_both_tiles_alike_where_they_overlap() -> None:
    assert middle_row("average") == [0] * 4 + [50] * 4 + [100] * 4


def test_feather_goes_over_from_one_tile_to_the_other_in_equal_steps() -> None:
    assert middle_row("feather") == [0] * 4 + [20, 40, 60, 80] + [100] * 4


def test_crop_mixes_nothing() -> None:
    assert middle_row("crop") == [0] * 6 + [100] * 6


def test_values_are_rounded_and_not_cut_off() -> None:
    grid = TileGrid(8, 12, core=4, halo=2)
    pieces = reassemble(grid, tiles_of_flat_values(grid, [1, 2]), blend="feather")
    assert joined(pieces, 12)[0, 4:8, 0].tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize("blend", ["average", "crop"])
def test_memory_does_not_grow_with_the_images_height(blend: str) -> None:
    def go_through(height: int) -> None:
        grid = TileGrid(height, 64, core=16, halo=8)
        tile = np.zeros((1, 32, 32, 3), np.uint8)
        for _ in reassemble(grid, (tile for _ in range(len(grid))), blend=blend):
            pass

    low = resident_peak(lambda: go_through(512))
    pixels = 64 * 3 * 65_536
    # Only the lists of spans and weights grow.
    assert resident_peak(lambda: go_through(65_536)) - low < pixels / 3


@pytest.mark.parametrize(("blend", "held"), [("average", 4), ("crop", 0)])
def test_no_more_than_the_rows_that_are_mixed_are_held(blend: str, held: int) -> None:
    """They are float32, four times as large."""
    grid = TileGrid(768, 20_000, core=256, halo=0)
    tile = np.zeros((1, 256, 256, 3), np.uint8)

    def go_through() -> None:
        for _ in reassemble(grid, (tile for _ in range(len(grid))), blend=blend):
            pass

    row_of_tiles = 256 * 20_000 * 3
    assert resident_peak(go_through) < (held + 0.5) * row_of_tiles


@pytest.mark.parametrize("blend", list(BLENDS))
def test_each_tile_finishes_a_piece(blend: str) -> None:
    grid = TileGrid(300, 500, core=64, halo=16)
    made = tiles_of_flat_values(grid, [0] * len(grid))
    pieces = reassemble(grid, made, blend=blend)
    for _ in grid:
        assert next(pieces).size
    assert next(pieces, None) is None
