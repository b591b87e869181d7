"""Patches as large as the memory allows, and no larger than the image makes use of."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from cyclegan.engines.capacity import (
    BYTES_PER_PX,
    SHARE,
    free_bytes,
    group_limits,
    is_out_of_memory,
    largest_side,
    suitable_tile,
)
from cyclegan.tiles import TileGrid

MIB = 2**20
CPU = torch.device("cpu")


def tile(height: int, width: int, largest: int = 2048) -> int:
    return suitable_tile(height, width, halo=192, multiple=16, smallest=32, largest=largest)


def work(height: int, width: int, size: int) -> int:
    grid = TileGrid(height, width, core=size - 384, halo=192, multiple=16, smallest=32)
    return sum(one.height * one.width for one in grid)


@pytest.mark.parametrize("size", [(1, 1), (500, 700), (2048, 2048), (100, 40_000)])
def test_an_image_that_fits_is_one_tile(size: tuple[int, int]) -> None:
    assert work(*size, tile(*size)) < (size[0] + 32) * (size[1] + 32)


@pytest.mark.parametrize("size", [(2100, 2100), (3000, 900), (5120, 5120), (30_001, 20_011)])
@pytest.mark.parametrize("largest", [640, 1024, 2048])
def test_no_other_tile_that_fits_makes_less_work(size: tuple[int, int], largest: int) -> None:
    chosen = tile(*size, largest=largest)
    assert min(chosen, size[0]) * min(chosen, size[1]) <= largest**2
    assert work(*size, chosen) <= min(work(*size, other) for other in range(448, largest + 1, 64))


def test_a_device_with_too_little_memory_still_gets_room_for_the_halo() -> None:
    assert tile(5000, 5000, largest=64) == 400


def test_tiles_grow_with_memory_in_coarse_steps_up_to_a_bound() -> None:
    def side(megapixels: float) -> int:
        return largest_side(int(megapixels * 1e6 * BYTES_PER_PX / SHARE), most=2048)

    assert [side(area) for area in (0.3, 0.59, 0.6, 1.1, 2.4, 4.3, 100)] == [
        512,
        768,
        768,
        1024,
        1536,
        2048,
        2048,
    ]


def test_memory_of_this_machine_is_known() -> None:
    total = Path("/proc/meminfo").read_text(encoding="ascii").split()[1]
    assert 16 * MIB < free_bytes(CPU) <= int(total) * 1024


def test_the_limits_of_all_groups_above_count(tmp_path: Path) -> None:
    own = tmp_path / "system.slice" / "worker.service"
    own.mkdir(parents=True)
    (own / "memory.max").write_text("max\n")
    (own / "memory.current").write_text("5\n")
    (own / "memory.stat").write_text("anon 5\ninactive_file 0\n")
    (own.parent / "memory.max").write_text(f"{100 * MIB}\n")
    (own.parent / "memory.current").write_text(f"{60 * MIB}\n")
    (own.parent / "memory.stat").write_text(f"anon 1\ninactive_file {20 * MIB}\n")
    groups = tmp_path / "groups"
    groups.write_text("0::/system.slice/worker.service\n")
    assert list(group_limits(tmp_path, groups)) == [60 * MIB]


def test_the_first_version_of_groups_is_understood(tmp_path: Path) -> None:
    own = tmp_path / "memory" / "docker"
    own.mkdir(parents=True)
    (own / "memory.limit_in_bytes").write_text(f"{8 * MIB}\n")
    (own / "memory.usage_in_bytes").write_text(f"{3 * MIB}\n")
    (own / "memory.stat").write_text(f"inactive_file 7\ntotal_inactive_file {MIB}\n")
    groups = tmp_path / "groups"
    groups.write_text("4:memory:/docker\n3:cpu,cpuacct:/docker\n")
    assert list(group_limits(tmp_path, groups)) == [6 * MIB]


def test_lack_of_memory_is_told_from_other_faults() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert is_out_of_memory(RuntimeError("Exception from src/inference: std::bad_alloc"))
    assert is_out_of_memory(RuntimeError("CUDA error: out of memory"))
    assert not is_out_of_memory(RuntimeError("expected 3 channels"))
