"""Where the maps of a network wait between two steps: rows of float32, in memory or in a file.

A row has the channels last and one column more at each end, the mirror image of the column next to
the edge, so that a 3x3 convolution finds its surroundings there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from cyclegan.device import free_memory
from cyclegan.engines.engine import Room
from cyclegan.images.reserve import reserve


class Slab(Protocol):
    """The map of one step: `height` rows of `width` + 2 columns of `channels`."""

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows top..bottom, (rows, width + 2, channels) float32; not to be changed."""

    def write(self, top: int, rows: Tensor) -> None:
        """Put rows, (rows, width, channels) float32, in their place."""

    def close(self) -> None:
        """Give the room back; a second call does nothing."""


NewSlab = Callable[[int, int, int], Slab]
"""Makes the slab of a map of this height, width and number of channels."""


def slab_bytes(height: int, width: int, channels: int) -> int:
    """What a slab takes, in memory or on disk."""
    return height * (width + 2) * channels * 4


class MemorySlab(Slab):
    """A slab in the memory of a device, which goes back to `free` when it is closed."""

    def __init__(self, memory: Tensor, shape: tuple[int, int, int], free: list[Tensor]) -> None:
        self._memory = memory
        self._free = free
        height, width, channels = shape
        values = height * (width + 2) * channels
        self._rows: Tensor | None = memory[:values].view(height, width + 2, channels)

    def read(self, top: int, bottom: int) -> Tensor:
        """A view of the rows."""
        return self._held[top:bottom]

    def write(self, top: int, rows: Tensor) -> None:
        """Copy the rows and mirror their ends."""
        _mirrored(rows, self._held[top : top + len(rows)])

    def close(self) -> None:
        """Leave the memory to the next slab."""
        if self._rows is not None:
            self._rows = None
            self._free.append(self._memory)

    @property
    def _held(self) -> Tensor:
        if self._rows is None:
            raise ValueError("the slab is closed")
        return self._rows


class MemorySlabs:
    """Makes slabs in the memory of a device.

    Memory of slabs that were closed is used again: the system takes as long to give new memory,
    page by page, as a step takes to fill it.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._free: list[Tensor] = []

    def __call__(self, height: int, width: int, channels: int) -> MemorySlab:
        """A slab; the smallest free memory in which it fits, or new memory."""
        values = slab_bytes(height, width, channels) // 4
        sizes = {len(memory): index for index, memory in enumerate(self._free)}
        fitting = min((size for size in sizes if size >= values), default=None)
        memory = (
            torch.empty(values, device=self._device)
            if fitting is None
            else self._free.pop(sizes[fitting])
        )
        return MemorySlab(memory, (height, width, channels), self._free)


class FileSlab(Slab):
    """A slab in a nameless scratch file, whose room on disk is set aside at once.

    Raises OSError (ENOSPC) when the disk is full.
    """

    def __init__(
        self,
        folder: Path,
        device: torch.device,
        height: int,
        width: int,
        channels: int,
    ) -> None:
        self._shape = (width + 2, channels)
        self._row_bytes = slab_bytes(1, width, channels)
        self._device = device
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        with ExitStack() as undo:
            undo.callback(self.close)
            reserve(self._file.fileno(), height * self._row_bytes)
            undo.pop_all()

    def read(self, top: int, bottom: int) -> Tensor:
        """A copy of the rows, on the device."""
        found = torch.empty(bottom - top, *self._shape)
        rest = memoryview(found.numpy().data).cast("B")
        position = top * self._row_bytes
        while rest:
            read = os.preadv(self._file.fileno(), [rest], position)
            position, rest = position + read, rest[read:]
        return found.to(self._device)

    def write(self, top: int, rows: Tensor) -> None:
        """Write the rows with their ends mirrored."""
        whole = _mirrored(rows.cpu(), torch.empty(len(rows), *self._shape))
        rest = memoryview(whole.numpy().data).cast("B")
        position = top * self._row_bytes
        while rest:
            written = os.pwrite(self._file.fileno(), rest, position)
            position, rest = position + written, rest[written:]

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()


def slab_maker(size: int, device: torch.device, room: Room) -> NewSlab | None:
    """What makes slabs that take `size` bytes together at most, or None when there is no room.

    They lie in the device's memory if they take at most half of what is free there, else in scratch
    files.
    """
    if size <= free_memory(device) // 2:
        return MemorySlabs(device)
    free = shutil.disk_usage(room.scratch).free // 2
    if size <= (free if room.scratch_bytes is None else room.scratch_bytes):
        return partial(FileSlab, room.scratch, device)
    return None


def _mirrored(rows: Tensor, into: Tensor) -> Tensor:
    into[:, 1:-1] = rows
    into[:, 0] = rows[:, 1]
    into[:, -1] = rows[:, -2]
    return into
