"""A service of its own for a benchmark, and the memory that its processes take."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_S = 0.2


@dataclass
class Peak:
    """The most that a process tree held, in bytes."""

    anon: int = 0
    everything: int = 0


@contextmanager
def watched(trees: Mapping[str, psutil.Process]) -> Iterator[dict[str, Peak]]:
    """The peaks of process trees by name, sampled every 0.2 s until the end of the block."""
    peaks = {name: Peak() for name in trees}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_S):
            for name, process in trees.items():
                anon, everything = tree_memory(process)
                peaks[name].anon = max(peaks[name].anon, anon)
                peaks[name].everything = max(peaks[name].everything, everything)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def tree_memory(process: psutil.Process) -> tuple[int, int]:
    """Proportional set size of a process and its descendants: without and with mapped files."""
    anon = everything = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            lines = Path(f"/proc/{member.pid}/smaps_rollup").read_text().splitlines()[1:]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has ended
        values = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
        anon += values["Pss_Anon"] * 1024
        everything += values["Pss"] * 1024
    return anon, everything


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def service(
    data: Path, environ: Mapping[str, str] | None = None
) -> Iterator[tuple[str, psutil.Process]]:
    """The portal on a free port, with further variables: its address and its first process."""
    port = free_port()
    own = {"COLORMAPPER_PORT": str(port), "COLORMAPPER_DATA_DIR": str(data)}
    environ = {**os.environ, **own, **(environ or {})}
    command = [sys.executable, "-m", "app.serve", "local"]
    with (data / "log").open("wb") as log:
        process = psutil.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(url)
            yield url, process
        finally:
            process.terminate()
            process.wait(timeout=40)


def wait_until_ready(url: str) -> None:
    """Return when web process and worker answer."""
    for _ in range(300):
        try:
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return
        except requests.RequestException:  # not there yet, or too busy to answer
            pass
        time.sleep(0.2)
    raise SystemExit("the service did not come up; see its log")


def child_running(process: psutil.Process, module: str) -> psutil.Process:
    """The child of the supervisor that runs a module."""
    return next(child for child in process.children() if module in " ".join(child.cmdline()))


def mebi(peak: Peak) -> str:
    """`anon / all` in MiB."""
    return f"{peak.anon / 2**20:.0f} / {peak.everything / 2**20:.0f}"
