"""Time from asking for a region until its picture is there, while nothing and while a job runs.

    .venv/bin/python benchmarks/regions.py --side 4096

starts a service with its data in a temporary folder, uploads a simulated MUSE image, and asks for
regions of it as the page does. `first` is the first one of all: the image is read, Python starts
and the model is loaded. `next` is the median of the others of that size, each at another place;
`busy` the same while a job of `--model` translates the image on the same processor.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.conditions import machine
from benchmarks.muse import muse_file
from benchmarks.serving import service

HEAD = "| model | region px | first, s | next, s | while a job runs, s |"


def send(url: str, image: Path, model: str) -> str:
    """Queue an image; the job's id."""
    with image.open("rb") as file:
        answer = requests.post(
            f"{url}/api/v1/jobs", files={"file": file}, data={"model": model}, timeout=600
        )
    answer.raise_for_status()
    return str(answer.json()["id"])


def job(url: str, job_id: str) -> dict[str, Any]:
    """The job's document."""
    document: dict[str, Any] = requests.get(f"{url}/api/v1/jobs/{job_id}", timeout=60).json()
    return document


def wait_for(url: str, job_id: str, *states: str) -> None:
    """Return when the job has come to one of these states, and in the queue no further."""
    while job(url, job_id)["state"] not in states:
        time.sleep(0.2)


def seconds(url: str, job_id: str, region: dict[str, int], model: str) -> float:
    """From the request until the last byte of the picture."""
    began = time.perf_counter()
    asked = requests.post(
        f"{url}/api/v1/jobs/{job_id}/trials",
        json={"region": region, "models": [model]},
        timeout=60,
    )
    asked.raise_for_status()
    trial = asked.json()["trials"][0]
    while trial["state"] in {"queued", "running"}:
        time.sleep(0.05)
        trial = requests.get(url + trial["links"]["self"], timeout=60).json()
    if trial["state"] != "done":
        raise SystemExit(f"the region ended {trial['state']}: {trial['error']}")
    requests.get(url + trial["links"]["picture"], timeout=60).raise_for_status()
    return time.perf_counter() - began


def places(side: int, size: int, count: int) -> Iterator[dict[str, int]]:
    """So many squares of a size, from the top left to the bottom right of an image."""
    for number in range(count):
        start = number * (side - size) // max(1, count - 1)
        yield {"y": start, "x": start, "height": size, "width": size}


@click.command()
@click.option("--side", type=int, default=4096, help="px of the image, and of the running job's.")
@click.option("--size", type=int, multiple=True, default=(512, 1024, 2048), help="px of regions.")
@click.option("--model", multiple=True, default=("colour-mapping", "muse2he"))
@click.option("--rounds", type=int, default=3)
def main(side: int, size: tuple[int, ...], model: tuple[str, ...], rounds: int) -> None:
    """Print a line for each model and size."""
    print(machine())
    print(HEAD)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = muse_file(folder, side)
        for one in model:
            data = folder / one
            data.mkdir()
            with service(data) as (url, _):
                _measure(url, image, one, side=side, sizes=size, rounds=rounds)


def _measure(
    url: str, image: Path, model: str, *, side: int, sizes: tuple[int, ...], rounds: int
) -> None:
    still = send(url, image, "colour-mapping")
    wait_for(url, still, "done")
    free: dict[int, list[float]] = {
        size: [seconds(url, still, place, model) for place in places(side, size, rounds + 1)]
        for size in sizes
    }
    busy: dict[int, list[float]] = {}
    for size in sizes:
        running = send(url, image, model)
        wait_for(url, running, "running", "done")
        busy[size] = [seconds(url, still, place, model) for place in places(side, size, rounds)]
        requests.post(f"{url}/api/v1/jobs/{running}/cancel", timeout=60)
        wait_for(url, running, "done", "cancelled")
    for size in sizes:
        first, *others = free[size]
        told = f"{first:.1f}" if size == sizes[0] else ""
        middle, under_load = statistics.median(others), statistics.median(busy[size])
        print(f"| {model} | {size} x {size} | {told} | {middle:.1f} | {under_load:.1f} |")


if __name__ == "__main__":
    main()
