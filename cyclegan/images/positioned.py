"""Arrays to and from a place in an open file: the system may move fewer bytes at a time."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cyclegan.images.image import Pixels


def write_at(descriptor: int, array: NDArray[Any], position: int) -> None:
    """Write all bytes of a contiguous array; raises OSError (ENOSPC) when the disk is full."""
    rest = memoryview(array.data).cast("B")
    while rest:
        written = os.pwrite(descriptor, rest, position)
        position, rest = position + written, rest[written:]


def write_piece(descriptor: int, piece: Pixels, top: int, left: int, *, width: int) -> None:
    """Write a piece of an image to its place in a file of whole rows of so many px."""
    if piece.shape[1] == width:
        write_at(descriptor, np.ascontiguousarray(piece), top * width * 3)
        return
    for y, row in enumerate(piece, top):
        write_at(descriptor, np.ascontiguousarray(row), (y * width + left) * 3)


def read_at(descriptor: int, array: NDArray[Any], position: int) -> None:
    """Fill a contiguous array."""
    rest = memoryview(array.data).cast("B")
    while rest:
        read = os.preadv(descriptor, [rest], position)
        position, rest = position + read, rest[read:]
