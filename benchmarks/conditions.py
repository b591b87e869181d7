"""The conditions of a measurement: the cores and threads that every case gets, and the machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from pathlib import Path

POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY")
"""What libraries read their number of threads from."""
PACKAGES = ("torch", "openvino", "monai", "numpy", "pillow")


def environment(threads: int) -> dict[str, str]:
    """The environment of a case: this process's, with every library held to `threads`."""
    return {**os.environ, **dict.fromkeys(POOLS, str(threads))}


def hold_to(threads: int) -> None:
    """Bind this process and those it starts to `threads` cores; before libraries count them.

    Raises SystemExit when there are fewer.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < threads:
        raise SystemExit(f"{threads} threads were asked for; {len(cores)} cores may be used here")
    os.sched_setaffinity(0, cores[:threads])


def machine() -> dict[str, object]:
    """What every figure is given with: processor, memory, system, versions and the date."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def processor() -> str:
    """The processor's name as Linux has it, without what makers write behind it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return " ".join(names[0].split()) if names else platform.machine()


def free_bytes() -> int:
    """Memory that a new process can have without swapping."""
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    (available,) = (line.split()[1] for line in lines if line.startswith("MemAvailable"))
    return int(available) * 1024
