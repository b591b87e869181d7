"""Where maps wait between two steps."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cyclegan.engines.engine import Room
from cyclegan.engines.slabs import (
    KeptSlabs,
    MemorySlabs,
    ScratchSlabs,
    Slab,
    Slabs,
    choose_slabs,
    slab_bytes,
)

CPU = torch.device("cpu")
MAKERS: dict[str, Callable[[Path], Slabs]] = {
    "memory": lambda _: MemorySlabs(CPU),
    "scratch": lambda folder: ScratchSlabs(folder, CPU),
    "kept": lambda folder: KeptSlabs(folder, CPU, "terms"),
}


@pytest.fixture(params=list(MAKERS))
def new_slab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Slab]]:
    slabs = MAKERS[request.param](tmp_path)
    with ExitStack() as stack:

        def make(*shape: int) -> Slab:
            height, width, channels = shape
            slab = slabs.new("map", (height, width, channels))
            stack.callback(slab.close)
            return slab

        yield make


def rows(height: int, width: int, channels: int) -> Tensor:
    return torch.arange(height * width * channels).float().view(height, width, channels)


def test_rows_come_back_with_their_mirrored_ends(new_slab: Callable[..., Slab]) -> None:
    slab, wanted = new_slab(5, 4, 3), rows(5, 4, 3)
    slab.write(0, wanted[:2])
    slab.write(2, wanted[2:])
    found = slab.read(1, 5)
    assert torch.equal(found[:, 1:-1], wanted[1:])
    assert torch.equal(found[:, 0], wanted[1:, 1])
    assert torch.equal(found[:, -1], wanted[1:, -2])


def test_rows_may_be_written_in_any_order(new_slab: Callable[..., Slab]) -> None:
    slab, wanted = new_slab(4, 2, 2), rows(4, 2, 2)
    slab.write(3, wanted[3:])
    slab.write(0, wanted[:3])
    assert torch.equal(slab.read(0, 4)[:, 1:-1], wanted)


def test_a_slab_can_be_closed_twice(new_slab: Callable[..., Slab]) -> None:
    slab = new_slab(4, 2, 2)
    slab.close()
    slab.close()


def test_the_memory_of_a_dropped_slab_is_used_again() -> None:
    slabs = MemorySlabs(CPU)
    first = slabs.new("first", (8, 6, 4))
    place = first.read(0, 8).data_ptr()
    slabs.drop("first", first)
    second = slabs.new("second", (4, 6, 4))
    assert second.read(0, 4).data_ptr() == place
    third = slabs.new("third", (4, 6, 4))
    assert third.read(0, 4).data_ptr() != place, "two slabs share their memory"


def test_scratch_files_have_no_name(tmp_path: Path) -> None:
    slab = ScratchSlabs(tmp_path, CPU).new("map", (4, 4, 4))
    slab.write(0, rows(4, 4, 4))
    assert list(tmp_path.iterdir()) == []
    slab.close()


@pytest.mark.parametrize("kind", ["scratch", "kept"])
def test_room_in_a_file_is_taken_at_once(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, offset: int, size: int) -> None:
        assert size == slab_bytes(4, 4, 4)
        raise OSError(errno.ENOSPC, "no space")

    slabs = MAKERS[kind](tmp_path)
    monkeypatch.setattr(os, "posix_fallocate", full)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="no space"):
        slabs.new("map", (4, 4, 4))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_another_process_finds_finished_maps_and_what_was_noted_of_them(tmp_path: Path) -> None:
    before = KeptSlabs(tmp_path, CPU, "terms")
    slab = before.new("layer1.0-0", (4, 4, 2))
    slab.write(0, rows(4, 4, 2))
    record = {"mean": [1 / 3, 1e-300], "variance": [0.1, 0.2]}
    before.finish("layer1.0", record)
    slab.close()
    after = KeptSlabs(tmp_path, CPU, "terms")
    assert after.finished("layer1.0") == record
    assert after.finished("layer1.1") is None
    again = after.again("layer1.0-0", (4, 4, 2))
    assert again is not None
    assert torch.equal(again.read(0, 4)[:, 1:-1], rows(4, 4, 2))
    after.drop("layer1.0-0", again)
    assert after.again("layer1.0-0", (4, 4, 2)) is None
    assert [path.name for path in tmp_path.iterdir()] == ["steps.json"]


def test_maps_that_were_kept_under_other_terms_are_removed(tmp_path: Path) -> None:
    before = KeptSlabs(tmp_path, CPU, "terms")
    before.new("map-0", (4, 4, 2)).close()
    before.finish("map", {})
    after = KeptSlabs(tmp_path, CPU, "others")
    assert after.finished("map") is None
    assert after.again("map-0", (4, 4, 2)) is None


@pytest.mark.parametrize(
    ("free", "scratch_bytes", "kind"),
    [(2000, 0, "MemorySlabs"), (1998, 1000, "ScratchSlabs"), (1998, 999, "NoneType")],
)
def test_slabs_lie_in_memory_if_half_of_it_is_enough_else_in_the_scratch_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, scratch_bytes: int, kind: str
) -> None:
    monkeypatch.setattr("cyclegan.engines.slabs.free_bytes", lambda _: free)
    found = choose_slabs(1000, CPU, Room(tmp_path, scratch_bytes=scratch_bytes))
    assert type(found).__name__ == kind


def test_slabs_in_files_are_kept_where_there_is_a_folder_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cyclegan.engines.slabs.free_bytes", lambda _: 0)
    room = Room(tmp_path, scratch_bytes=1000, resume=tmp_path)
    assert isinstance(choose_slabs(1000, CPU, room), KeptSlabs)
