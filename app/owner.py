"""Who holds a job: a name that no other process ever has, and that tells whether it still lives.

host@namespace/boot/pid/start/random
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

DEAD_STATES = frozenset({"Z", "X"})
"""A killed process stays in the table until its parent has asked how it ended."""


def identity() -> str:
    """The name of this process as an owner of jobs."""
    pid = os.getpid()
    return f"{_place()}/{boot()}/{pid}/{_start(pid)}/{secrets.token_hex(4)}"


def is_alive(owner: str) -> bool:
    """Whether the process may live; one of another machine or container always may."""
    place, began, pid, start, _ = owner.split("/")
    if place != _place():
        return True
    return began == boot() and start == _start(int(pid))


def boot() -> str:
    """When this machine began to run, as a name that no other start of it has."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _place() -> str:
    # Containers may share a host name, but not their numbers of processes.
    return f"{socket.gethostname()}@{Path('/proc/self/ns/pid').readlink().name}"


def _start(pid: int) -> str | None:
    """When the process began, in clock ticks since the boot; None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, in parentheses, may hold anything; the state follows it, the start is field 22.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in DEAD_STATES else fields[19]
