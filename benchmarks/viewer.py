"""Time until an image of 100 megapixels is seen in the viewer, and for each of its tiles.

    .venv/bin/python benchmarks/viewer.py --side 10000

starts a service with its data in a temporary folder, has it translate simulated MUSE by colour
mapping, and asks as a browser does:

first tile      from the call of the address until the page asks for a tile, in Chromium that has
                nothing cached, in a window of 1280 x 800 px: page, scripts and viewer are there
first picture   until input and result are there as a whole, each in one coarse tile
first view      until the last tile of input and result that the window shows is there
tile            from the request to its last byte, one after another, each asked for once: stored
                JPEG tiles of the input, which leave as they are, and tiles of the result, which are
                decoded and encoded

and what processors did meanwhile, which other work on the machine changes less: the browser's
processes for a first view, the web process's for a tile.
"""

from __future__ import annotations

import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import click
import psutil
import requests
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.muse import muse_file
from benchmarks.serving import child_running, service, tree_memory
from cyclegan.images.deep_zoom import TILE_PX, DeepZoom
from tests.browser.chromium import LAUNCH

ENDED = {"done", "failed", "cancelled"}
IS_SEEN = """() => document.querySelector("#viewer[data-ready]") && (() => {
  const { world } = OpenSeadragon.getViewer(document.getElementById("pane"));
  return [0, 1].every((number) => world.getItemAt(number)?.getFullyLoaded()) && performance.now();
})()"""
TILES = """() => {
  const tiles = ["input", "result"].map((which) => performance.getEntriesByType("resource")
    .filter(({ name }) => name.includes(`/${which}_files/`)));
  const asked = tiles.flat().map(({ startTime }) => startTime);
  const first = tiles.map((all) => Math.min(...all.map(({ responseEnd }) => responseEnd)));
  return [Math.min(...asked), Math.max(...first)];
}"""
VIEW = ("first tile", "first picture", "first view", "browser, processor time")


def translated(url: str, image: Path) -> dict[str, str]:
    """The links of the job that an image became, when it is done."""
    with image.open("rb") as file:
        answer = requests.post(
            f"{url}/api/v1/jobs",
            files={"file": file},
            data={"model": "colour-mapping"},
            timeout=600,
        )
    answer.raise_for_status()
    while True:
        job = requests.get(url + answer.json()["links"]["self"], timeout=60).json()
        if job["state"] in ENDED:
            break
        time.sleep(0.5)
    if job["state"] != "done":
        raise SystemExit(f"the job ended {job['state']}: {job['error']}")
    links: dict[str, str] = job["links"]
    return links


def first_views(address: str, rounds: int) -> list[tuple[float, ...]]:
    """Seconds as `VIEW` names them, each of a new browser; the first does not count."""
    with sync_playwright() as playwright:
        found = []
        for _ in range(rounds + 1):
            browser = playwright.chromium.launch(**LAUNCH)
            found.append(first_view(browser, address))
            browser.close()
    return found[1:]


def first_view(browser: Browser, address: str) -> tuple[float, ...]:
    """The same of one browser, which was just started."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto("about:blank")
    before = processor_s("chrom")
    page.goto(address, wait_until="commit")
    seen = page.wait_for_function(IS_SEEN, timeout=120_000, polling=10).json_value()
    spent = processor_s("chrom") - before
    asked, there = page.evaluate(TILES)
    return asked / 1000, there / 1000, seen / 1000, spent


def processor_s(name: str, top: psutil.Process | None = None) -> float:
    """Processor time of the processes below `top`, or below this one, in whose names this is."""
    total = 0.0
    for process in (top or psutil.Process()).children(recursive=True):
        try:
            if name in process.name():
                times = process.cpu_times()
                total += times.user + times.system
        except psutil.NoSuchProcess:  # it has ended
            continue
    return total


def tiles(url: str, descriptor: str, side: int, count: int) -> list[float]:
    """Seconds for tiles anywhere in the finest three levels, each for the first time."""
    zoom, chance = DeepZoom(side, side), Random(1)
    base, seconds = url + descriptor.removesuffix(".dzi") + "_files", []
    with requests.Session() as session:
        for number in range(count):
            level = zoom.finest - number % 3
            most = (zoom.size(level)[0] - 1) // TILE_PX
            column, row = chance.randint(0, most), chance.randint(0, most)
            began = time.perf_counter()
            answer = session.get(f"{base}/{level}/{column}_{row}.jpg", timeout=60)
            seconds.append(time.perf_counter() - began)
            answer.raise_for_status()
    return seconds


def line(name: str, seconds: Sequence[float]) -> str:
    """A row of the table, in ms."""
    ordered = sorted(seconds)
    figures = statistics.median(ordered), ordered[math.ceil(0.95 * len(ordered)) - 1], ordered[-1]
    return (
        f"| {name} | {len(ordered)} | " + " | ".join(f"{1000 * one:.1f}" for one in figures) + " |"
    )


@click.command(help=__doc__)
@click.option("--side", default=10_000, show_default=True, help="Height and width in px.")
@click.option("--count", default=300, show_default=True, help="Tiles of each picture.")
@click.option("--rounds", default=5, show_default=True, help="First views.")
def main(side: int, count: int, rounds: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        image = muse_file(Path(folder), side, "tif")
        (Path(folder) / "data").mkdir()
        with service(Path(folder) / "data") as (url, process):
            began = time.perf_counter()
            links = translated(url, image)
            print(f"{side} x {side} px, translated in {time.perf_counter() - began:.0f} s; "
                  f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")  # fmt: skip
            print("\n| what | times | median, ms | 95 % within, ms | longest, ms |")
            print("|---|---|---|---|---|")
            views = first_views(url + links["view"], rounds)
            for name, seconds in zip(VIEW, zip(*views, strict=True), strict=True):
                print(line(name, seconds))
            web, spent = child_running(process, "gunicorn"), {}
            for which in ("input", "result"):
                before = processor_s("", web)
                found = tiles(url, links[f"{which}_tiles"], side, count)
                spent[which] = (processor_s("", web) - before) / count
                print(line(f"tile of the {which}", found))
            for which, each in spent.items():
                print(f"\nprocessor time for each tile of the {which}: {1000 * each:.1f} ms")
            print(f"load at the end: {os.getloadavg()[0]:.1f}")
            anon, _ = tree_memory(web)
            print(f"\nmemory of the web process afterwards: {anon / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
