"""How fast engines translate patches that lie in memory.

    .venv/bin/python benchmarks/engines.py --cores 1

In each round every engine translates one batch of 512 x 512 px patches of simulated tissue once;
the table gives the median and the best round. GANILLA has random weights.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.checkpoints import NAME, import_random_ganilla
from cyclegan.engines.engine import Batch, Engine
from cyclegan.images import create_image, open_image
from cyclegan.models.catalogue import Catalogue
from cyclegan.phantom import grow
from cyclegan.simulate import expose

SIDE = 512
"""px, of a patch"""
NAMES = ("colour-mapping", NAME)


@click.command()
@click.option("--cores", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=9, show_default=True)
def main(cores: int, rounds: int) -> None:
    """Print a table of megapixels per second."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])  # before torch counts them
    with tempfile.TemporaryDirectory() as folder:
        engines, batches = prepared(Path(folder))
    seconds: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(rounds + 1):  # the first is for warming up
        for name in NAMES:
            began = time.perf_counter()
            engines[name](batches[name])
            seconds[name].append(time.perf_counter() - began)
    print(f"{time.strftime('%Y-%m-%d')}, {cores} cores, {platform.machine()}, no GPU used\n")
    print("| engine | Mpx/s, median | best |\n|---|---|---|")
    for name in NAMES:
        pixels = batches[name].size / 3e6
        median, best = statistics.median(seconds[name][1:]), min(seconds[name][1:])
        print(f"| {name} | {pixels / median:.2f} | {pixels / best:.2f} |")


def prepared(folder: Path) -> tuple[dict[str, Engine], dict[str, Batch]]:
    """The engines, prepared for one image of simulated tissue, and the batches they like."""
    import_random_ganilla(folder)
    tissue = grow(SIDE, SIDE, seed=1)
    patch = expose(tissue.nuclear, tissue.counterstain).muse
    with create_image(
        folder / "muse.png", kind="png", height=SIDE, width=SIDE, spacing_um=None
    ) as writer:
        writer.write(patch)
    engines = {name: Catalogue(folder).engine(name, device="cpu") for name in NAMES}
    with open_image(folder / "muse.png") as reader:
        for engine in engines.values():
            engine.prepare(reader)
    return engines, {name: np.stack([patch] * engine.batch) for name, engine in engines.items()}


if __name__ == "__main__":
    main()
