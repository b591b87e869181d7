"""Where tiles lie."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclegan.errors import SettingsError
from cyclegan.tiles import Span, Tile, TileGrid


@st.composite
def grids(draw: st.DrawFn) -> TileGrid:
    multiple = draw(st.sampled_from([1, 2, 4, 16]))
    core = multiple * draw(st.integers(1, 20))
    return TileGrid(
        draw(st.integers(1, 12 * core)),
        draw(st.integers(1, 12 * core)),
        core=core,
        halo=multiple * draw(st.integers(0, 10)),
        multiple=multiple,
    )


@given(grids())
def test_kept_parts_cover_each_axis_once_and_in_order(grid: TileGrid) -> None:
    for kept, length in ((grid.kept_rows, grid.height), (grid.kept_columns, grid.width)):
        assert kept[0].start == 0
        assert kept[-1].stop == length
        assert all(a.stop == b.start for a, b in pairwise(kept))
        assert all(part.size > 0 for part in kept)


@given(grids())
def test_a_kept_part_is_a_halo_away_from_its_tiles_edges_inside_the_image(grid: TileGrid) -> None:
    for tile, kept in zip(grid.rows, grid.kept_rows, strict=True):
        assert kept.start == 0 or kept.start - tile.start >= grid.halo
        assert kept.stop == grid.height or tile.stop - kept.stop >= grid.halo


@given(grids())
def test_all_tiles_have_one_size_that_the_model_accepts(grid: TileGrid) -> None:
    tiles = list(grid)
    assert len(tiles) == len(grid)
    assert len({(tile.height, tile.width) for tile in tiles}) == 1
    for tile in tiles:
        assert all(
            value % grid.multiple == 0 for value in (tile.y, tile.x, tile.height, tile.width)
        )


@given(grids())
def test_tiles_reach_past_the_image_by_less_than_the_multiple(grid: TileGrid) -> None:
    assert 0 <= grid.rows[-1].stop - grid.height < grid.multiple


def test_the_originals_grid_is_19_by_19_tiles_on_5120_pixels() -> None:
    grid = TileGrid(5120, 5120)
    assert len(grid) == 19 * 19
    assert grid.rows[-1] == Span(4608, 5120)


def test_an_image_smaller_than_a_tile_gets_one_tile_of_its_own_size() -> None:
    assert list(TileGrid(37, 100, multiple=16)) == [Tile(0, 0, 48, 112)]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"core": 0}, "core 0"),
        ({"halo": -1}, "halo -1"),
        ({"core": 250, "multiple": 16}, "multiples of 16 px"),
        ({"halo": 100, "multiple": 16}, "multiples of 16 px"),
    ],
)
def test_numbers_that_do_not_fit_are_refused_by_name(numbers: dict[str, int], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        TileGrid(600, 600, **numbers)


def test_an_image_without_pixels_is_refused() -> None:
    with pytest.raises(SettingsError, match="no pixels"):
        TileGrid(0, 5)
