"""Where maps wait between two steps."""

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cyclegan.engines.engine import Room
from cyclegan.engines.slabs import FileSlab, MemorySlabs, NewSlab, Slab, slab_bytes, slab_maker

CPU = torch.device("cpu")


@pytest.fixture(params=["memory", "file"])
def new_slab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewSlab]:
    kinds = {"memory": MemorySlabs(CPU), "file": partial(FileSlab, tmp_path, CPU)}
    with ExitStack() as stack:

        def make(height: int, width: int, channels: int) -> Slab:
            slab: Slab = kinds[request.param](height, width, channels)
            stack.callback(slab.close)
            return slab

        yield make


def rows(height: int, width: int, channels: int) -> Tensor:
    return torch.arange(height * width * channels).float().view(height, width, channels)


def test_rows_come_back_with_their_mirrored_ends(new_slab: NewSlab) -> None:
    slab, wanted = new_slab(5, 4, 3), rows(5, 4, 3)
    slab.write(0, wanted[:2])
    slab.write(2, wanted[2:])
    found = slab.read(1, 5)
    assert torch.equal(found[:, 1:-1], wanted[1:])
    assert torch.equal(found[:, 0], wanted[1:, 1])
    assert torch.equal(found[:, -1], wanted[1:, -2])


def test_rows_may_be_written_in_any_order(new_slab: NewSlab) -> None:
    slab, wanted = new_slab(4, 2, 2), rows(4, 2, 2)
    slab.write(3, wanted[3:])
    slab.write(0, wanted[:3])
    assert torch.equal(slab.read(0, 4)[:, 1:-1], wanted)


def test_a_slab_can_be_closed_twice(new_slab: NewSlab) -> None:
    slab = new_slab(4, 2, 2)
    slab.close()
    slab.close()


def test_the_memory_of_a_closed_slab_is_used_again() -> None:
    new_slab = MemorySlabs(CPU)
    first = new_slab(8, 6, 4)
    place = first.read(0, 8).data_ptr()
    first.close()
    second = new_slab(4, 6, 4)
    assert second.read(0, 4).data_ptr() == place
    assert new_slab(4, 6, 4).read(0, 4).data_ptr() != place, "two slabs share their memory"


def test_a_slab_in_a_file_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    slab = FileSlab(tmp_path, CPU, 4, 4, 4)
    slab.write(0, rows(4, 4, 4))
    assert list(tmp_path.iterdir()) == []
    slab.close()


def test_room_in_a_file_is_taken_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, offset: int, size: int) -> None:
        assert size == slab_bytes(4, 4, 4)
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "posix_fallocate", full)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="no space"):
        FileSlab(tmp_path, CPU, 4, 4, 4)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("free_memory", "scratch_bytes", "kind"),
    [(2000, 0, "MemorySlab"), (1998, 1000, "FileSlab"), (1998, 999, "none")],
)
def test_slabs_lie_in_memory_if_half_of_it_is_enough_else_in_the_scratch_space(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    free_memory: int,
    scratch_bytes: int,
    kind: str,
) -> None:
    monkeypatch.setattr("cyclegan.engines.slabs.free_memory", lambda _: free_memory)
    new_slab = slab_maker(1000, CPU, Room(tmp_path, scratch_bytes=scratch_bytes))
    slab = new_slab and new_slab(2, 2, 2)
    assert (type(slab).__name__ if slab else "none") == kind
    if slab:
        slab.close()
