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
import sys
import tempfile
import time
from pathlib import Path

import click
import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.checkpoints import NAME, import_random_ganilla
from benchmarks.serving import child_running, mebi, service, watched
from cyclegan.images import create_image
from cyclegan.phantom import grow
from cyclegan.simulate import expose


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
            with watched({name: child_running(process, m) for name, m in trees.items()}) as peaks:
                seconds = translate(url, data / "muse.png", model)
    web, worker = (peaks[name] for name in trees)
    return f"| {model} | {side} x {side} | {seconds:.1f} | {mebi(web)} | {mebi(worker)} |"


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
