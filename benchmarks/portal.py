"""Time from the start of an upload to an opened result, and the memory it took, at the real portal.

    .venv/bin/python benchmarks/portal.py --side 2048 --side 5120 --model colour-mapping

starts a service of its own for each case, with its data in a temporary folder, uploads a simulated
MUSE image as PNG, polls the job as the page does, and opens the result's link. `--model ganilla`
stands for a GANILLA of random weights, made on the way: its speed is that of a trained one.

Memory is the peak, over samples taken every 0.2 s, of what a process and its children held: `anon`
is memory of their own, `all` adds mapped files (the decoded image is one, and the system can take
that back at any time). Shared pages count once (proportional set size).
"""

from __future__ import annotations

import os
import platform
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import psutil
import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.checkpoints import NAME, import_random_ganilla
from cyclegan.images import create_image
from cyclegan.phantom import grow
from cyclegan.simulate import expose

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Peak:
    """The most that a process tree held, in bytes."""

    anon: int = 0
    everything: int = 0


@dataclass
class Memory:
    """Watches process trees by name until it is told to stop."""

    trees: dict[str, psutil.Process]
    peaks: dict[str, Peak] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Take samples until stopped."""
        while not self._ended.wait(0.2):
            for name, process in self.trees.items():
                anon, everything = tree_memory(process)
                peak = self.peaks.setdefault(name, Peak())
                peak.anon = max(peak.anon, anon)
                peak.everything = max(peak.everything, everything)

    def stop(self) -> None:
        """Let `watch` return."""
        self._ended.set()


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


@contextmanager
def service(data: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The portal on a free port: its address and its first process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, "COLORMAPPER_PORT": str(port), "COLORMAPPER_DATA_DIR": str(data)}
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
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise SystemExit("the service did not come up; see its log")


def child_running(process: psutil.Process, module: str) -> psutil.Process:
    """The child of the supervisor that runs a module."""
    return next(child for child in process.children() if module in " ".join(child.cmdline()))


def translate(url: str, image: Path, model: str) -> float:
    """Seconds from the start of the upload to the last byte of the opened result."""
    began = time.perf_counter()
    with image.open("rb") as file:
        answer = requests.post(
            f"{url}/api/v1/jobs", files={"file": file}, data={"model": model}, timeout=600
        )
    answer.raise_for_status()
    job = answer.json()
    while job["state"] in {"queued", "running", "publishing"}:
        time.sleep(0.2)
        job = requests.get(url + answer.json()["links"]["self"], timeout=60).json()
    if job["state"] != "done":
        raise SystemExit(f"the job ended {job['state']}: {job['error']}")
    requests.get(url + job["links"]["result"], timeout=600).raise_for_status()
    return time.perf_counter() - began


def save_image(path: Path, side: int) -> None:
    """A simulated MUSE image of `side` x `side` px as PNG."""
    tissue = grow(side, side, seed=1)
    pixels = expose(tissue.nuclear, tissue.counterstain).muse
    with create_image(path, kind="png", height=side, width=side, spacing_um=0.5) as writer:
        writer.write(pixels)


def measure(side: int, model: str) -> str:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        save_image(data / "muse.png", side)
        if model == NAME:
            import_random_ganilla(data / "models")
        with service(data) as (url, process):
            trees = {"web": "gunicorn", "worker": "app.worker"}
            memory = Memory({name: child_running(process, m) for name, m in trees.items()})
            watcher = threading.Thread(target=memory.watch)
            watcher.start()
            try:
                seconds = translate(url, data / "muse.png", model)
            finally:
                memory.stop()
                watcher.join()
    web, worker = (memory.peaks[name] for name in trees)
    return f"| {model} | {side} x {side} | {seconds:.1f} | {mebi(web)} | {mebi(worker)} |"


def mebi(peak: Peak) -> str:
    """`anon / all` in MiB."""
    return f"{peak.anon / 2**20:.0f} / {peak.everything / 2**20:.0f}"


@click.command()
@click.option("--side", "sides", type=int, multiple=True, default=(2048, 5120), show_default=True)
@click.option(
    "--model", "models", multiple=True, default=("colour-mapping", NAME), show_default=True
)
def main(sides: tuple[int, ...], models: tuple[str, ...]) -> None:
    """Print a table: seconds from upload to opened result and peak memory, for each case."""
    cores = len(os.sched_getaffinity(0))
    print(f"{time.strftime('%Y-%m-%d')}, {cores} cores, {platform.machine()}, no GPU used\n")
    print("| model | image, px | upload to opened link, s | web, MiB | worker, MiB |")
    print("|---|---|---|---|---|")
    for model in models:
        for side in sides:
            print(measure(side, model), flush=True)


if __name__ == "__main__":
    main()
