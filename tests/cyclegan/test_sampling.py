"""The sample of tiles that stands for an image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan.sampling import sample_tiles
from cyclegan.tiles import Tile
from cyclegan.tissue import TissueMask


def mask(height: int, width: int, tissue: slice) -> TissueMask:
    """Tissue between two columns of px."""
    blocks = np.zeros((-(-height // 64), -(-width // 64)), dtype=bool)
    blocks[:, tissue.start // 64 : tissue.stop // 64] = True
    return TissueMask(height, width, 64, blocks)


def holding(tiles: list[Tile], found: TissueMask) -> list[Tile]:
    return [t for t in tiles if not found.is_blank(t.y, t.x, t.height, t.width)]


@settings(max_examples=100)
@given(
    shape=st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
    size=st.sampled_from([16, 100, 256, 512]),
    count=st.integers(1, 40),
    multiple=st.sampled_from([1, 4, 16]),
    edge=st.integers(0, 3000),
)
def test_tiles_lie_apart_on_multiples_and_as_many_as_there_is_room_for(
    shape: tuple[int, int], size: int, count: int, multiple: int, edge: int
) -> None:
    height, width = shape
    guide = mask(height, width, slice(0, edge))
    tiles = sample_tiles(height, width, guide, size=size, count=count, multiple=multiple)
    whole = size // multiple * multiple
    assert len(tiles) == min(count, max(1, height // whole) * max(1, width // whole))
    taken = np.zeros((height + whole, width + whole), dtype=bool)
    for tile in tiles:
        assert tile.y % multiple == tile.x % multiple == 0
        assert tile.y + tile.height <= max(height, tile.height)
        assert tile.x + tile.width <= max(width, tile.width)
        place = taken[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        assert not place.any(), "tiles overlap"
        place[...] = True


def test_tiles_of_an_image_that_is_large_enough_are_square() -> None:
    tiles = sample_tiles(1000, 1700, None, size=384, count=8, multiple=16)
    assert {(tile.height, tile.width) for tile in tiles} == {(384, 384)}


@pytest.mark.parametrize("shape", [(1, 1), (40, 700), (100, 100)])
def test_a_smaller_image_is_one_tile_across_rounded_up(shape: tuple[int, int]) -> None:
    first = sample_tiles(*shape, None, size=256, count=8, multiple=16)[0]
    assert (first.y, first.x) == (0, 0)
    assert first.height == -(-shape[0] // 16) * 16


def test_a_sample_comes_from_all_over_the_image() -> None:
    tiles = sample_tiles(8192, 8192, None, size=256, count=16, multiple=16)
    quarters = {(tile.y // 2048, tile.x // 2048) for tile in tiles}
    assert len(quarters) == 16


def test_blank_has_the_share_of_the_sample_that_it_has_of_the_image() -> None:
    guide = mask(4096, 4096, slice(0, 3072))
    tiles = sample_tiles(4096, 4096, guide, size=256, count=32, multiple=16)
    assert len(holding(tiles, guide)) == 24


def test_half_of_the_sample_holds_tissue_however_little_there_is() -> None:
    guide = mask(8192, 8192, slice(4096, 4352))
    tiles = sample_tiles(8192, 8192, guide, size=256, count=16, multiple=16)
    rows = sorted(tile.y for tile in holding(tiles, guide))
    assert len(rows) == 8
    assert max(np.diff(rows)) < 2048, "the tissue's tiles are spread, too"


def test_all_tissue_is_sampled_where_there_are_only_few_tiles_of_it() -> None:
    blocks = np.zeros((64, 64), dtype=bool)
    blocks[0, 0] = blocks[40, 40] = True
    guide = TissueMask(4096, 4096, 64, blocks)
    tiles = sample_tiles(4096, 4096, guide, size=256, count=16, multiple=16)
    assert len(tiles) == 16
    assert len(holding(tiles, guide)) == 2


def test_an_image_that_is_all_blank_is_sampled_like_any_other() -> None:
    guide = mask(4096, 4096, slice(0, 0))
    of_blank, of_tissue = (
        sample_tiles(4096, 4096, way, size=256, count=16, multiple=16) for way in (guide, None)
    )
    assert of_blank == of_tissue
