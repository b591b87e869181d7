"""Which device the networks run on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch

from cyclegan.errors import ModelError

DeviceName = Literal["auto", "cpu", "cuda"]

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")
"""Where version 2 of control groups shows that of the process itself in a container."""


def choose_device(wanted: DeviceName = "auto") -> torch.device:
    """The device asked for; `auto` takes the CUDA card when there is one.

    Raises ModelError when `cuda` is asked for and no card can be used.
    """
    if wanted == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda")
    if wanted == "cuda":
        raise ModelError(
            "the device cuda was asked for, but no NVIDIA card can be used here; "
            "choose cpu or auto, or check the driver with nvidia-smi"
        )
    return torch.device("cpu")


def free_memory(device: torch.device) -> int:
    """Bytes that can still be taken on a device: of the card, or of this process's machine.

    For the CPU that is what the kernel calls available, or what is left of the limit that the
    container sets, whichever is less.
    """
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    lines = dict(line.split(":") for line in MEMINFO.read_text().splitlines())
    available = int(lines["MemAvailable"].split()[0]) * 1024
    return min(available, _left_in_container(available))


def _left_in_container(available: int) -> int:
    """What the control group allows; `available` where there is no limit."""
    try:
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
        stat = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # another system, or the limit is "max"
        return available
    # Pages of files that nobody uses count as used, but are given back when they are needed.
    return max(0, limit - used + int(stat["inactive_file"]))
