"""Patches cut from an image by several threads: in order, bounded, handed over in memory."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from copy import deepcopy
from queue import SimpleQueue

import numpy as np

from cyclegan.ahead import ahead
from cyclegan.engines.engine import Batch
from cyclegan.images.image import Pixels, Reader
from cyclegan.images.loan import lent
from cyclegan.tiles import Tile

BATCHES_PER_READER = 32
"""A copy of a reader may start a process, which takes about 0.3 s, so it must have this many
batches to cut to be worth it."""


def batches(
    reader: Reader, tiles: Iterable[Tile], size: int, workers: int
) -> Generator[Batch, None, None]:
    """The patches of tiles of one size in their order, `size` at a time; the last may be fewer.

    Each batch is (n, tile height, tile width, 3) uint8, a new array. At most `workers` threads cut
    ahead of the batch that is in use, each with a copy of the reader (so a process that decodes) of
    its own, and no more than `workers + 2` batches are held. With `workers` 0 they are cut when
    they are asked for. Closing the iterator ends the threads and the copies.
    """
    tiles = list(tiles)
    groups = [tiles[i : i + size] for i in range(0, len(tiles), size)]
    if workers == 0:
        for group in groups:
            yield cut(reader, group)
    else:
        readers = min(workers, max(1, len(groups) // BATCHES_PER_READER))
        yield from _by_threads(reader, groups, readers)


def cut(reader: Reader, tiles: Sequence[Tile]) -> Batch:
    """The pixels of some tiles of one size: (n, height, width, 3) uint8, a new array."""
    batch = lent(len(tiles), tiles[0].height, tiles[0].width, 3)
    for patch, tile in zip(batch, tiles, strict=True):
        patch[...] = read_patch(reader, tile)
    return batch


def read_patch(reader: Reader, tile: Tile) -> Pixels:
    """One tile's pixels; what lies below or right of the image is its mirror image."""
    height = min(tile.height, reader.info.height - tile.y)
    width = min(tile.width, reader.info.width - tile.x)
    inside = reader.read(tile.y, tile.x, height, width)
    if (height, width) == (tile.height, tile.width):
        return inside  # padding copies even when nothing is missing
    missing = ((0, tile.height - height), (0, tile.width - width), (0, 0))
    return np.pad(inside, missing, mode="reflect")


def _by_threads(
    reader: Reader, groups: Sequence[Sequence[Tile]], count: int
) -> Generator[Batch, None, None]:
    """Batches cut by `count` threads, the last of them while the first is in use."""
    idle: SimpleQueue[Reader] = SimpleQueue()

    def cut_one(group: Sequence[Tile]) -> Batch:
        own = idle.get()
        try:
            return cut(own, group)
        finally:
            idle.put(own)

    with ExitStack() as stack:
        idle.put(reader)
        for _ in range(count - 1):
            copied = deepcopy(reader)
            stack.callback(copied.close)
            idle.put(copied)
        pool = ThreadPoolExecutor(count, thread_name_prefix="cutting")
        yield from ahead(pool, cut_one, groups, most=count + 1)
