"""Whole arrays to and from a place in an open file: the system may move fewer bytes at a time."""

from __future__ import annotations

import os
from typing import Any

from numpy.typing import NDArray


def write_at(descriptor: int, array: NDArray[Any], position: int) -> None:
    """Write all bytes of a contiguous array; raises OSError (ENOSPC) when the disk is full."""
    rest = memoryview(array.data).cast("B")
    while rest:
        written = os.pwrite(descriptor, rest, position)
        position, rest = position + written, rest[written:]


def read_at(descriptor: int, array: NDArray[Any], position: int) -> None:
    """Fill a contiguous array."""
    rest = memoryview(array.data).cast("B")
    while rest:
        read = os.preadv(descriptor, [rest], position)
        position, rest = position + read, rest[read:]
