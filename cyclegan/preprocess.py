"""Patches cut from an image in several processes: in order, bounded, handed over in memory."""

from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import numpy as np

from cyclegan.deathsig import die_with
from cyclegan.engines.engine import Batch
from cyclegan.images.image import Pixels, Reader
from cyclegan.tiles import Tile

Shape = tuple[int, int, int, int, int]
"""(slots, patches, height, width, 3)"""

BATCHES_PER_PROCESS = 32
"""A process takes about 0.3 s to start, so it must have this many batches to cut to be worth it."""


def batches(
    reader: Reader, tiles: Iterable[Tile], size: int, workers: int
) -> Generator[Batch, None, None]:
    """The patches of tiles of one size in their order, `size` at a time; the last may be fewer.

    Each batch is (n, tile height, tile width, 3) uint8 and only valid until the next is asked for,
    because its memory is used again. At most `workers + 1` batches are held. With `workers` 0, or
    with too few patches to be worth a process, they are cut by the calling process. Closing the
    iterator ends the processes and frees the memory.
    """
    tiles = list(tiles)
    groups = [tiles[i : i + size] for i in range(0, len(tiles), size)]
    processes = min(workers, len(groups) // BATCHES_PER_PROCESS)
    if processes == 0:
        for group in groups:
            yield cut(reader, group)
    else:
        yield from _in_processes(reader, groups, processes)


def cut(reader: Reader, tiles: Sequence[Tile]) -> Batch:
    """The pixels of some tiles of one size: (n, height, width, 3) uint8, a new array."""
    batch = np.empty((len(tiles), tiles[0].height, tiles[0].width, 3), np.uint8)
    for patch, tile in zip(batch, tiles, strict=True):
        patch[...] = read_patch(reader, tile)
    return batch


def read_patch(reader: Reader, tile: Tile) -> Pixels:
    """One tile's pixels; what lies below or right of the image is its mirror image."""
    height = min(tile.height, reader.info.height - tile.y)
    width = min(tile.width, reader.info.width - tile.x)
    inside = reader.read(tile.y, tile.x, height, width)
    missing = ((0, tile.height - height), (0, tile.width - width), (0, 0))
    return np.pad(inside, missing, mode="reflect")


def _in_processes(
    reader: Reader, groups: list[list[Tile]], processes: int
) -> Generator[Batch, None, None]:
    """Batches out of a ring of slots in shared memory, filled ahead of the one that is in use."""
    slots = processes + 1
    shape = (slots, len(groups[0]), groups[0][0].height, groups[0][0].width, 3)
    # An anonymous file is freed by the kernel after any death, and is not bound to the size of
    # /dev/shm, which is 64 MB in most containers.
    memory = os.memfd_create("patches")
    os.ftruncate(memory, int(np.prod(shape)))
    ring = _map(memory, shape)
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),  # a fork would copy a live CUDA context
        initializer=_start_process,
        initargs=(os.getpid(),),
    )
    path = Path(f"/proc/{os.getpid()}/fd/{memory}")
    filling: deque[tuple[int, Future[int]]] = deque()
    try:
        for index, group in enumerate(groups):
            slot = index % slots
            filling.append((slot, pool.submit(_fill, reader, path, shape, slot, group)))
            if len(filling) == slots:
                yield _oldest(ring, filling)
        while filling:
            yield _oldest(ring, filling)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        os.close(memory)


def _oldest(ring: Batch, filling: deque[tuple[int, Future[int]]]) -> Batch:
    slot, future = filling.popleft()
    batch: Batch = ring[slot, : future.result()]
    return batch


def _map(memory: int, shape: Shape) -> Batch:
    return np.frombuffer(mmap.mmap(memory, int(np.prod(shape))), np.uint8).reshape(shape)


def _start_process(parent: int) -> None:
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business


def _fill(reader: Reader, memory: Path, shape: Shape, slot: int, tiles: list[Tile]) -> int:
    """Cut the tiles into a slot of the ring; returns how many they were."""
    descriptor = os.open(memory, os.O_RDWR)
    ring = _map(descriptor, shape)
    os.close(descriptor)
    ring[slot, : len(tiles)] = cut(reader, tiles)
    return len(tiles)
