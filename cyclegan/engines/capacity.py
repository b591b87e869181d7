"""How large a patch a device can take, and which size does the least work on an image.

Patches with fixed statistics are cropped, so that all that is computed in their halos is thrown
away: the larger the patch, the less of that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import torch

from cyclegan.device import LANES, alike
from cyclegan.tiles import padded_length, padded_size

BYTES_PER_PX = 1024
"""What a generator holds for each px of a patch; `benchmarks/runtimes.py` measures 610 to 730."""
SHARE = 0.5
"""Of the free memory, that patches may take: the rest is for readers, writers and the system."""
LARGEST = {"cpu": 2048, "cuda": 4096}
"""px on each side: beyond it halos cost next to nothing, and a patch takes long on a CPU."""
STEP = 64
"""px between the sizes that are considered."""


def largest_tile(device: torch.device) -> int:
    """px on each side of the largest square patch for each lane of a device and those like it.

    That is for the memory that is free now.
    """
    free = min(free_bytes(one) for one in alike(device))
    return largest_side(free // LANES[device.type], most=LARGEST[device.type])


def largest_side(free: int, *, most: int) -> int:
    """px on each side of the largest square patch for so many free bytes, at most `most`.

    A power of two or one and a half of it, so that a little more or less memory changes nothing.
    """
    fitting = min(math.isqrt(int(free * SHARE / BYTES_PER_PX)), most)
    sizes = (shape for power in range(6, 14) for shape in (1 << power, 3 << power - 1))
    return max((size for size in sizes if size <= fitting), default=STEP)


def free_bytes(device: torch.device) -> int:
    """Memory that can be taken on the device now, in bytes."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        # What torch holds and does not use is free for it.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return min(_available(), *group_limits())


def suitable_tile(
    height: int, width: int, *, halo: int, multiple: int, smallest: int, largest: int
) -> int:
    """px on each side of the square patches that make the least work of an image.

    No patch, cut to the image, has more px than a square of `largest`, unless nothing smaller has
    room for its halo. Of sizes that make the same work it is the smallest.
    """
    down, across = padded_size(height, width, multiple, smallest)

    def work(size: int) -> int:
        return _covered(down, size, halo) * _covered(across, size, halo)

    least = padded_length(2 * halo + multiple, multiple, smallest)
    step: int = math.lcm(STEP, multiple)
    sizes = {least, *range(-(-least // step) * step, max(down, across), step), max(down, across)}
    fitting: list[int] = [
        size
        for size in sorted(sizes)
        if size == least or (size > least and min(size, down) * min(size, across) <= largest**2)
    ]
    return min(fitting, key=work)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether that is what an error of torch or OpenVINO says."""
    # For memory that is not a card's neither has a class of its own.
    said = str(error)
    words = (
        "can't allocate memory",
        "bad_alloc",
        "Cannot allocate memory",
        "CUDA error: out of memory",  # of memory that is pinned
    )
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(word in said for word in words)


def _covered(length: int, size: int, halo: int) -> int:
    """px of all patches together along an axis."""
    size = min(size, length)
    count = 1 if size == length else -(-(length - size) // (size - 2 * halo)) + 1
    return count * size


def _available() -> int:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    (available,) = (line.split()[1] for line in lines if line.startswith("MemAvailable"))
    return int(available) * 1024


def group_limits(
    mount: Path = Path("/sys/fs/cgroup"), groups: Path = Path("/proc/self/cgroup")
) -> Iterator[int]:
    """How many bytes each control group of this process can still take, where it has a limit.

    `mount` is where they are seen, `groups` says which are ours: Linux's cgroups, version 2 and 1.
    """
    for line in groups.read_text(encoding="utf-8").splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers in ("", "memory"):
            place = mount / controllers
            own = place / name.lstrip("/")
            for folder in (own, *own.parents):
                yield from _limit(folder)
                if folder == place:
                    break


def _limit(folder: Path) -> Iterator[int]:
    for most, used, cache in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            limit = (folder / most).read_text(encoding="ascii").strip()
            taken = int((folder / used).read_text(encoding="ascii"))
            stat = (folder / "memory.stat").read_text(encoding="ascii").split()
        except OSError:  # another version, the topmost group, or a container shows none of it
            continue
        if limit != "max":
            # The system gives cached files back when memory is asked for.
            freed = dict(zip(stat[::2], stat[1::2], strict=True)).get(cache, "0")
            yield max(0, int(limit) - taken + int(freed))
