"""Patches cut from an image."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from cyclegan.errors import CorruptImage
from cyclegan.images.image import Pixels
from cyclegan.preprocess import BATCHES_PER_READER, batches, read_patch
from cyclegan.tiles import Tile, TileGrid
from tests.cyclegan.arrays import ArrayReader, noise

DEADLINE_S = 30


DEADLINE_S = 30


class CopiedReader(ArrayReader):
    """Knows of its copies, which of them are open, and who has read."""

    def __init__(self, pixels: Pixels) -> None:
        super().__init__(pixels)
        self.copies: list[CopiedReader] = []
        self.reads = 0
        self.closed = False

    def __deepcopy__(self, memo: dict[int, Any]) -> CopiedReader:
        self.copies.append(CopiedReader(self._pixels))
        return self.copies[-1]

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        assert not self.closed
        self.reads += 1
        return super().read(y, x, height, width)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_patches_come_in_the_grids_order(size: int) -> None:
    pixels, grid = noise(101, 67), TileGrid(101, 67, core=16, halo=8)
    found = np.concatenate(list(batches(ArrayReader(pixels), grid, size, 0)))
    for patch, tile in zip(found, grid, strict=True):
        expected = pixels[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        np.testing.assert_array_equal(patch, expected)


def many(workers: int) -> tuple[Pixels, TileGrid]:
    """An image with enough patches for so many readers, three at a time."""
    pixels, grid = noise(300, 200), TileGrid(300, 200, core=16, halo=8)
    assert len(grid) // 3 > workers * BATCHES_PER_READER, "too few"
    return pixels, grid


def test_threads_cut_the_same_patches_in_the_same_order() -> None:
    pixels, grid = many(2)
    alone = batches(ArrayReader(pixels), grid, 3, 0)
    together = batches(ArrayReader(pixels), grid, 3, 2)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_thread_has_one_reader_for_all_its_batches() -> None:
    # A copy for each batch started a decoding process for each batch.
    pixels, grid = many(2)
    reader = CopiedReader(pixels)
    for _ in batches(reader, grid, 3, 2):
        pass
    [copied] = reader.copies
    assert read_by(reader) == len(grid)
    assert copied.reads
    assert copied.closed
    assert not reader.closed


def test_few_batches_are_not_worth_a_copy_of_the_reader() -> None:
    reader = CopiedReader(noise(64, 64))
    for _ in batches(reader, TileGrid(64, 64, core=16, halo=8), 1, 2):
        pass
    assert not reader.copies


def test_batches_are_cut_ahead_and_no_more_than_may_be_held() -> None:
    pixels, grid = many(2)
    reader = CopiedReader(pixels)
    stream = batches(reader, grid, 1, 2)
    next(stream)
    until = time.monotonic() + DEADLINE_S
    while read_by(reader) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    assert read_by(reader) == 3
    stream.close()


def read_by(reader: CopiedReader) -> int:
    return reader.reads + sum(copied.reads for copied in reader.copies)


def test_closing_early_ends_threads_and_copies() -> None:
    pixels, grid = many(2)
    reader = CopiedReader(pixels)
    before = threading.active_count()
    stream = batches(reader, grid, 1, 2)
    next(stream)
    assert threading.active_count() > before
    stream.close()
    assert threading.active_count() == before
    assert reader.copies[0].closed


class DamagedReader(ArrayReader):
    """Cannot read the third row and what is below."""

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        if y + height > 2:
            raise CorruptImage("the image is damaged")
        return super().read(y, x, height, width)


@pytest.mark.parametrize("workers", [0, 2])
def test_what_a_reader_raises_comes_when_it_is_the_patchs_turn(workers: int) -> None:
    stream = batches(DamagedReader(noise(4, 2)), TileGrid(4, 2, core=2, halo=0), 1, workers)
    next(stream)
    with pytest.raises(CorruptImage):
        next(stream)


def test_what_lies_outside_the_image_mirrors_its_inside() -> None:
    pixels = noise(3, 4)
    patch = read_patch(ArrayReader(pixels), Tile(0, 0, 5, 6))
    np.testing.assert_array_equal(
        patch[:, :, 0], np.pad(pixels[:, :, 0], ((0, 2), (0, 2)), "reflect")
    )


def test_a_single_pixel_fills_a_whole_patch() -> None:
    patch = read_patch(ArrayReader(np.full((1, 1, 3), 90, np.uint8)), Tile(0, 0, 16, 16))
    assert patch.shape == (16, 16, 3)
    assert np.all(patch == 90)
