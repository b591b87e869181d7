"""The peak memory of this process, counted from a moment of choice.

Not `ru_maxrss`, which a process inherits from the one that started it.
"""

from __future__ import annotations

from pathlib import Path

STATUS = Path("/proc/self/status")


def reset_peak() -> int:
    """Forget the peak so far; the resident bytes of this process now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _bytes("VmRSS")


def peak() -> int:
    """The most resident bytes of this process since `reset_peak`, mapped files included."""
    return _bytes("VmHWM")


def _bytes(key: str) -> int:
    lines = STATUS.read_text(encoding="ascii").splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith(f"{key}:"))
    return int(value) * 1024
