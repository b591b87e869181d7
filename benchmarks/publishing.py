"""Time from a finished result on this machine to a link to the bucket that opens, and the memory.

    .venv/bin/python benchmarks/publishing.py --side 9000 --rounds 3

starts Google's storage as an emulator in a process of its own and a service that publishes to it,
sends an image of noise (which no format makes smaller), and watches the job: `local` is when its
result is first there, on this machine; `open` is when the job is done and the first byte behind its
link, which leads to the bucket, has come. In each round the same files then go to the same bucket
by a plain `upload_from_filename` of Google's client, one after the other: the rival.

The emulator keeps all in its own memory and answers from the same machine: what is measured is our
part of the way, not Google's network.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import numpy as np
import psutil
import requests
from google.cloud import storage
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.serving import child_running, free_port, service, watched

T = TypeVar("T")

BUCKET = "colour-mapper-benchmark"
PATIENCE_S = 600.0
CHUNK_BYTES = 8 * 2**20
"""What the service uploads at once; the rival is given the same."""


@dataclass
class Round:
    """What one image took."""

    result_bytes: int
    all_bytes: int
    local_to_open_s: float
    rival_s: float
    worker_before: int
    worker_peak: int
    """bytes of its own memory"""


@contextmanager
def emulator() -> Iterator[str]:
    """The address of a bucket server in a process of its own."""
    port = free_port()
    program = str(Path(sys.executable).with_name("gcp-storage-emulator"))
    command = [program, "start", "--in-memory"]
    command += ["--quiet", "--port", str(port), "--default-bucket", BUCKET]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(f"{url}/storage/v1/b/{BUCKET}"))
        yield url
    finally:
        process.terminate()
        process.wait()


def answers(url: str) -> bool:
    """Whether there is an answer, and a good one."""
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False


def wait_for(ask: Callable[[], T | None], every_s: float = 0.05) -> T:
    """The first true answer."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(every_s)
    raise SystemExit("it did not happen")


def save_noise(path: Path, side: int) -> None:
    """`side` x `side` px that no format makes smaller, as a JPEG of low quality: a small input."""
    noise = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(noise).save(path, quality=20, subsampling=0)


def send(url: str, image: Path) -> str:
    """The address of the job of an image."""
    with image.open("rb") as file:
        answer = requests.post(
            f"{url}/api/v1/jobs", files={"file": file}, data={"model": "identity"}, timeout=600
        )
    answer.raise_for_status()
    return url + str(answer.json()["links"]["self"])


def staged(job_url: str) -> dict[str, Any] | None:
    """The job's document once its result is on this machine."""
    job: dict[str, Any] = requests.get(job_url, timeout=60).json()
    if job["state"] == "failed":
        raise SystemExit(f"the job failed: {job['error']}")
    return job if "result" in job["links"] else None


def opened(job_url: str) -> dict[str, Any] | None:
    """The job's document once it is done and its link gives a byte of the result."""
    job: dict[str, Any] = requests.get(job_url, timeout=60).json()
    if job["state"] != "done":
        return None
    answer = requests.get(job["links"]["result"], headers={"Range": "bytes=0-0"}, timeout=60)
    answer.raise_for_status()
    return job


def own_memory(process: psutil.Process) -> int:
    """Bytes of memory of its own that a process holds now."""
    return int(process.memory_info().rss - process.memory_info().shared)


def rival_seconds(bucket: storage.Bucket, names: list[str], folder: Path) -> tuple[int, float]:
    """Bytes of the job's objects, and seconds for sending them again by a plain upload."""
    files = []
    for name in names:
        files.append(folder / name.rpartition("/")[2])
        bucket.blob(name).download_to_filename(files[-1])
    began = time.perf_counter()
    for file in files:
        blob = bucket.blob(f"rival/{file.name}", chunk_size=CHUNK_BYTES)
        blob.upload_from_filename(file)
    seconds = time.perf_counter() - began
    return sum(file.stat().st_size for file in files), seconds


def measure(url: str, supervisor: psutil.Process, image: Path, bucket: storage.Bucket) -> Round:
    """One image through the service, then its objects by the rival."""
    worker = child_running(supervisor, "app.worker")
    job_url = send(url, image)
    wait_for(lambda: staged(job_url))
    began, before = time.perf_counter(), own_memory(worker)
    with watched({"worker": worker}) as peaks:
        job = wait_for(lambda: opened(job_url))
        seconds = time.perf_counter() - began
    names = [blob.name for blob in bucket.list_blobs() if not blob.name.startswith("rival/")]
    with tempfile.TemporaryDirectory() as folder:
        all_bytes, rival_s = rival_seconds(bucket, names, Path(folder))
    size = bucket.get_blob(next(name for name in names if name.endswith("/result.tif"))).size
    requests.delete(url + job["links"]["self"], timeout=60).raise_for_status()
    return Round(size, all_bytes, seconds, rival_s, before, peaks["worker"].anon)


@click.command()
@click.option("--side", type=int, default=9000, show_default=True)
@click.option("--rounds", type=int, default=3, show_default=True)
def main(side: int, rounds: int) -> None:
    """Print each round's figures, and the median ratio to the rival."""
    cores = len(os.sched_getaffinity(0))
    print(f"{time.strftime('%Y-%m-%d')}, {cores} cores, {platform.machine()}, {side} x {side} px\n")
    print("| result, MB | all objects, MB | local to open, s | plain upload, s | ratio |", end="")
    print(" worker before, MiB | worker peak, MiB |")
    print("|---|---|---|---|---|---|---|")
    ratios = []
    with tempfile.TemporaryDirectory() as folder, emulator() as bucket_url:
        data = Path(folder) / "data"
        data.mkdir()
        os.environ["STORAGE_EMULATOR_HOST"] = bucket_url
        bucket = storage.Client(project="benchmark").bucket(BUCKET)
        save_noise(Path(folder) / "noise.jpg", side)
        settings = {"COLORMAPPER_STORE": "gcs", "COLORMAPPER_BUCKET": BUCKET}
        settings |= {"COLORMAPPER_LINKS": "public", "COLORMAPPER_PNG_MAX_PIXELS": "0"}
        with service(data, settings) as (url, supervisor):
            for _ in range(rounds):
                took = measure(url, supervisor, Path(folder) / "noise.jpg", bucket)
                ratios.append(took.local_to_open_s / took.rival_s)
                print(
                    f"| {took.result_bytes / 1e6:.0f} | {took.all_bytes / 1e6:.0f} "
                    f"| {took.local_to_open_s:.1f} | {took.rival_s:.1f} | {ratios[-1]:.2f} "
                    f"| {took.worker_before / 2**20:.0f} | {took.worker_peak / 2**20:.0f} |",
                    flush=True,
                )
    print(f"\nmedian ratio to the plain upload: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
