"""What people notice of a service under load: how long others wait, and what is mixed up.

    .venv/bin/python benchmarks/load.py

starts a service of its own, with its data in a temporary folder, and prints a table. Meanwhile 20
people upload at 1 kB/s and a large image is translated; others ask for the status of jobs and look
at pages. Then two people send 200 marked images at once, of which every result must be the
sender's own; last, 1,000 requests tell whether the memory of the web process grows.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import click
import numpy as np
import psutil
import requests
import tifffile
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.serving import child_running, service, tree_memory

UPLOADERS = 20
BYTES_PER_S = 1000
ASKERS = 4
PAUSE_S = 0.1
"""Between two requests of one asker."""
LARGE_PX = 6000
MARKED = 200
SENDERS = 8
"""Requests of the two people at once."""
WARM_UP = 300
REQUESTS = 1000


def png(height: int, width: int, value: int) -> bytes:
    """An image of one colour, of which `value` is the mark: 0 to 65,535."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (value % 256, value // 256, 128)).save(out, "PNG")
    return out.getvalue()


def send(url: str, data: bytes, model: str, *, person: requests.Session | None = None) -> str:
    """Queue an image; the job's id."""
    answer = requests.post(
        f"{url}/api/v1/jobs",
        files={"file": ("image.png", data)},
        data={"model": model},
        cookies=person.cookies if person else None,
        timeout=600,
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def finish(url: str, job_id: str) -> dict[str, str]:
    """The links of a job, once it is done."""
    while True:
        job = requests.get(f"{url}/api/v1/jobs/{job_id}", timeout=60).json()
        if job["state"] == "done":
            return dict(job["links"])
        if job["state"] not in {"queued", "running", "publishing"}:
            raise SystemExit(f"a job ended {job['state']}: {job['error']}")
        time.sleep(0.2)


def upload_slowly(url: str, end: Event) -> None:
    """Send the form of an image at 1 kB/s until the end."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'

    def trickle() -> Iterator[bytes]:
        yield head
        while not end.wait(0.1):
            yield os.urandom(BYTES_PER_S // 10)

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    try:
        requests.post(f"{url}/api/v1/jobs", data=trickle(), headers=headers, timeout=600)
    except requests.RequestException as error:
        if not end.is_set():
            raise SystemExit(f"a slow upload was cut: {error}") from error


@contextmanager
def slow_uploads(url: str) -> Iterator[None]:
    """Twenty of them, for the length of the block."""
    end = Event()
    threads = [Thread(target=upload_slowly, args=(url, end)) for _ in range(UPLOADERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()


def ask(url: str, paths: list[str], seconds: float) -> tuple[list[float], int]:
    """How long each answer took, in seconds, and how many were none."""
    times, failures, until = [], 0, time.monotonic() + seconds
    session = requests.Session()
    while time.monotonic() < until:
        for path in paths:
            began = time.perf_counter()
            try:
                failures += session.get(url + path, timeout=60).status_code != requests.codes.ok
            except requests.RequestException:
                failures += 1
            times.append(time.perf_counter() - began)
            time.sleep(PAUSE_S)
    return times, failures


def waits(url: str, seconds: float) -> Iterator[str]:
    """What others wait for while 20 people upload slowly and a large image is translated."""
    done = send(url, png(200, 200, 1), "identity")
    finish(url, done)
    large = send(url, png(LARGE_PX, LARGE_PX, 2), "colour-mapping")
    with slow_uploads(url), ThreadPoolExecutor(ASKERS) as pool:
        for what, path in (("status", f"/api/v1/jobs/{done}"), ("page", f"/jobs/{done}")):
            asked = [pool.submit(ask, url, [path], seconds / 2) for _ in range(ASKERS)]
            told = [one.result() for one in asked]
            times = np.array([time for times, _ in told for time in times]) * 1000
            failed = sum(failures for _, failures in told)
            p50, p95, most = np.percentile(times, [50, 95, 100])
            yield f"| {what} | {len(times)} | {p50:.0f} | {p95:.0f} | {most:.0f} | {failed} |"
    requests.post(f"{url}/api/v1/jobs/{large}/cancel", timeout=60)


def mixed(url: str, count: int) -> int:
    """Of how many marked images of two people the result is not the sender's own."""
    people = [requests.Session(), requests.Session()]
    for person in people:
        person.get(url, timeout=60)  # gives it its cookie

    def wrong(number: int) -> bool:
        person = people[number % 2]
        links = finish(url, send(url, png(40 + number % 7, 50, number), "identity", person=person))
        pixels = tifffile.imread(
            io.BytesIO(requests.get(url + links["result"], timeout=60).content)
        )
        mark = (number % 256, number // 256, 128)
        return pixels.shape != (40 + number % 7, 50, 3) or bool((pixels != mark).any())

    with ThreadPoolExecutor(SENDERS) as pool:
        return sum(pool.map(wrong, range(count)))


def memory(url: str, web: psutil.Process) -> tuple[int, int]:
    """Bytes of the web process's own before and after 1,000 requests; some come before them."""
    links = finish(url, send(url, png(200, 200, 3), "identity"))
    paths = ["/", "/jobs", links["page"], links["self"], links["result"], "/api/v1/limits"]

    def go(count: int) -> int:
        with ThreadPoolExecutor(SENDERS) as pool:
            for answer in pool.map(
                lambda n: requests.get(url + paths[n % len(paths)], timeout=60), range(count)
            ):
                answer.raise_for_status()
        return tree_memory(web)[0]

    return go(WARM_UP), go(REQUESTS)


@click.command(help=__doc__)
@click.option("--seconds", type=float, default=60, show_default=True, help="Of asking under load.")
@click.option("--marked", type=int, default=MARKED, show_default=True, help="Marked images.")
def main(seconds: float, marked: int) -> None:
    """Measure, and print tables."""
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as (url, process):
        click.echo(f"load of the machine when it began: {os.getloadavg()[0]:.1f}")
        click.echo("| asked for | requests | p50, ms | p95, ms | most, ms | failures |")
        click.echo("|---|---|---|---|---|---|")
        for line in waits(url, seconds):
            click.echo(line)
        click.echo(f"{mixed(url, marked)} of {marked} marked images were mixed up")
        before, after = memory(url, child_running(process, "gunicorn"))
        click.echo(
            f"memory of the web process: {before / 2**20:.1f} MiB after {WARM_UP} requests, "
            f"{after / 2**20:.1f} MiB after {REQUESTS} more"
        )
        click.echo(f"load of the machine when it ended: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
