"""Where the maps of a network wait between two steps: rows of float32, in memory or in files.

A row has the channels last and one column more at each end, the mirror image of the column next to
the edge, so that a 3x3 convolution finds its surroundings there.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from cyclegan.engines.capacity import free_bytes
from cyclegan.engines.engine import Room
from cyclegan.images.positioned import read_at, write_at
from cyclegan.images.reserve import reserve

JOURNAL = "steps.json"
Shape = tuple[int, int, int]
"""Height, width and channels of a map."""
Record = dict[str, list[float]]
"""What is to be known of a finished map; numbers come back as they were."""


class Slab(Protocol):
    """The map of one step: `height` rows of `width` + 2 columns of `channels`."""

    def read(self, top: int, bottom: int) -> Tensor:
        """Rows top..bottom, (rows, width + 2, channels) float32; not to be changed."""

    def write(self, top: int, rows: Tensor) -> None:
        """Put rows, (rows, width, channels) float32, in their place."""

    def close(self) -> None:
        """Let go of the slab; a second call does nothing."""


class Slabs(ABC):
    """Makes slabs, each under the name of its map, and may keep them for another process.

    Those that do not keep anything have only `new` of their own.
    """

    @abstractmethod
    def new(self, name: str, shape: Shape) -> Slab:
        """A slab to be filled; raises OSError (ENOSPC) when there is no room."""

    def finish(self, name: str, record: Record) -> None:  # noqa: B027 - nothing is kept
        """Note that all slabs of a map are filled."""

    def finished(self, name: str) -> Record | None:  # noqa: ARG002 - nothing is kept
        """What was noted of a map that an earlier process has finished, else None."""
        return None

    def again(self, name: str, shape: Shape) -> Slab | None:  # noqa: ARG002 - nothing is kept
        """A slab that an earlier process has filled, or None when it was dropped since."""
        return None

    def drop(self, name: str, slab: Slab) -> None:  # noqa: ARG002 - nothing has a name
        """Close a slab that nobody will read again and give its room back."""
        slab.close()


def slab_bytes(height: int, width: int, channels: int) -> int:
    """What a slab takes, in memory or on disk."""
    return height * (width + 2) * channels * 4


class MemorySlab(Slab):
    """A slab in the memory of a device, which goes back to `free` when it is closed."""

    def __init__(self, memory: Tensor, shape: Shape, free: list[Tensor]) -> None:
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


class MemorySlabs(Slabs):
    """Slabs in the memory of a device, which end with the process.

    Memory of slabs that were closed is used again: the system takes as long to give new memory,
    page by page, as a step takes to fill it.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._free: list[Tensor] = []

    def new(self, name: str, shape: Shape) -> Slab:  # noqa: ARG002 - nobody asks for it by name
        """A slab; in the smallest free memory in which it fits, or in new memory."""
        values = slab_bytes(*shape) // 4
        sizes = {len(memory): index for index, memory in enumerate(self._free)}
        fitting = min((size for size in sizes if size >= values), default=None)
        memory = (
            _memory(values, self._device) if fitting is None else self._free.pop(sizes[fitting])
        )
        return MemorySlab(memory, shape, self._free)


class FileSlab(Slab):
    """A slab in an open file, which belongs to it."""

    def __init__(self, descriptor: int, shape: Shape, device: torch.device) -> None:
        _, width, channels = shape
        self._descriptor = descriptor
        self._shape = (width + 2, channels)
        self._row_bytes = slab_bytes(1, width, channels)
        self._device = device

    def read(self, top: int, bottom: int) -> Tensor:
        """A copy of the rows, on the device."""
        found = torch.empty(bottom - top, *self._shape)
        read_at(self._descriptor, found.numpy(), top * self._row_bytes)
        return found.to(self._device)

    def write(self, top: int, rows: Tensor) -> None:
        """Write the rows with their ends mirrored."""
        whole = _mirrored(rows.cpu(), torch.empty(len(rows), *self._shape))
        write_at(self._descriptor, whole.numpy(), top * self._row_bytes)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class ScratchSlabs(Slabs):
    """Slabs in nameless files of a folder, which the system removes whatever happens.

    Disk space for each is set aside at once.
    """

    def __init__(self, folder: Path, device: torch.device) -> None:
        self._folder = folder
        self._device = device

    def new(self, name: str, shape: Shape) -> Slab:  # noqa: ARG002 - nobody asks for it by name
        """A slab in a new file."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            return _reserved(os.dup(file.fileno()), shape, self._device)


class KeptSlabs(Slabs):
    """Slabs in files that outlive the process, with a journal of those that are finished.

    `folder` belongs to one image and to one process at a time. `terms` is whatever decides the
    values: what was kept under other terms is removed. Nothing is forced to disk: whoever keeps the
    folder must drop it when the machine has started anew.
    """

    def __init__(self, folder: Path, device: torch.device, terms: str) -> None:
        self._folder = folder
        self._device = device
        self._terms = terms
        self._finished = self._kept()

    def new(self, name: str, shape: Shape) -> Slab:
        """A slab in a file of this name, which loses what it held."""
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
        return _reserved(os.open(self._path(name), flags, 0o600), shape, self._device)

    def finish(self, name: str, record: Record) -> None:
        """Write it into the journal, which is whole at every moment."""
        self._finished[name] = record
        part = self._folder / f".{JOURNAL}.part"
        part.write_text(json.dumps({"terms": self._terms, "finished": self._finished}))
        part.rename(self._folder / JOURNAL)

    def finished(self, name: str) -> Record | None:
        """What the journal says."""
        return self._finished.get(name)

    def again(self, name: str, shape: Shape) -> Slab | None:
        """The slab in the file of this name, if it is still there."""
        try:
            return FileSlab(os.open(self._path(name), os.O_RDWR), shape, self._device)
        except FileNotFoundError:
            return None

    def drop(self, name: str, slab: Slab) -> None:
        """Remove the file."""
        self._path(name).unlink(missing_ok=True)
        slab.close()

    def _kept(self) -> dict[str, Record]:
        try:
            journal = json.loads((self._folder / JOURNAL).read_text())
        except FileNotFoundError:
            journal = {}
        if journal.get("terms") == self._terms:
            finished: dict[str, Record] = journal["finished"]
            return finished
        for path in self._folder.glob("*.slab"):
            path.unlink()
        return {}

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.slab"


def choose_slabs(size: int, device: torch.device, room: Room, *, terms: str = "") -> Slabs | None:
    """What makes slabs that take `size` bytes together at most, or None when there is no room.

    They lie in the device's memory if they take at most half of what is free there, else in scratch
    files: in those that outlive the process if `room` has a folder for them.
    """
    if size <= free_bytes(device) // 2:
        return MemorySlabs(device)
    free = shutil.disk_usage(room.scratch).free // 2
    if size > (free if room.scratch_bytes is None else room.scratch_bytes):
        return None
    return (
        KeptSlabs(room.resume, device, terms) if room.resume else ScratchSlabs(room.scratch, device)
    )


def _reserved(descriptor: int, shape: Shape, device: torch.device) -> FileSlab:
    slab = FileSlab(descriptor, shape, device)
    with ExitStack() as undo:
        undo.callback(slab.close)
        reserve(descriptor, slab_bytes(*shape))
        undo.pop_all()
    return slab


def _memory(values: int, device: torch.device) -> Tensor:
    """Room for so many values, float32."""
    if device.type != "cpu":
        return torch.empty(values, device=device)
    # NumPy asks the system for large pages, torch does not: there are fewer to be found and given.
    return torch.from_numpy(np.empty(values, dtype=np.float32))


def _mirrored(rows: Tensor, into: Tensor) -> Tensor:
    into[:, 1:-1] = rows
    into[:, 0] = rows[:, 1]
    into[:, -1] = rows[:, -2]
    return into
