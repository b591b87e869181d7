"""What runs a folded generator fastest on this processor, and what a patch takes of its memory.

    .venv/bin/python benchmarks/runtimes.py --threads 4 --rounds 7 --tile 512 --tile 1024

Every round runs each runtime once on each size of patch, and a matrix product beside each, of whose
FLOP/s a share is given: the best of all calls to the best of all products. The median is given,
too, because other work on the machine makes calls differ. Output is what is left inside of a halo.
The error is the largest to torch, in grey levels. Memory is that of a process of its own.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median

import click
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.conditions import hold_to, machine
from benchmarks.flops import folded_flops
from benchmarks.memory import peak, reset_peak
from benchmarks.peak import product_flops, seconds
from cyclegan.engines.eager import Eager
from cyclegan.engines.engine import Batch
from cyclegan.engines.openvino import OpenVino
from cyclegan.engines.runtime import Runtime
from cyclegan.networks.folded import FoldedNetwork
from tests.cyclegan.generators import random_generator, statistics_of

CPU = torch.device("cpu")
RUNTIMES: dict[str, Callable[[FoldedNetwork], Runtime]] = {
    "torch": lambda network: Eager(network, CPU),
    "openvino": OpenVino,
}
HALO = 192
"""px, GANILLA's."""
HEAD = (
    "| runtime | patch px | s, best | s, median | Mpx/s of output | of a matrix product | "
    "error, grey levels | bytes per px |"
)


def folded() -> FoldedNetwork:
    """GANILLA with random weights and statistics that go with them."""
    network = random_generator("ganilla").eval()
    return FoldedNetwork(network, statistics_of(network))


def patch(side: int) -> Batch:
    """Noise, (1, side, side, 3)."""
    return np.random.default_rng(1).integers(0, 256, (1, side, side, 3), np.uint8)


def memory(name: str, side: int, threads: int) -> float:
    """Bytes per px of a patch that a runtime takes at its peak, in a process that did nothing."""
    torch.set_num_threads(threads)
    runtime, image = RUNTIMES[name](folded()), patch(side)
    runtime(patch(64))
    runtime.close()
    before = reset_peak()
    runtime(image)
    return (peak() - before) / side**2


def apart(name: str, side: int, threads: int) -> float:
    """`memory` in a process of its own."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(memory, name, side, threads).result()


@click.command()
@click.option("--threads", default=4, show_default=True, help="Cores and threads of all runtimes.")
@click.option("--rounds", default=7, show_default=True, help="Calls of each runtime.")
@click.option("--tile", "sides", multiple=True, default=(512, 1024, 2048), show_default=True)
def main(threads: int, rounds: int, sides: tuple[int, ...]) -> None:
    """Print a Markdown table."""
    hold_to(threads)
    torch.set_num_threads(threads)
    print(", ".join(f"{key} {value}" for key, value in machine().items()), end="\n\n")
    print(HEAD, "|---" * (HEAD.count("|") - 1) + "|", sep="\n")
    for side in sides:
        image = patch(side)
        runtimes = {name: make(folded()) for name, make in RUNTIMES.items()}
        answers = {name: runtime(image) for name, runtime in runtimes.items()}
        took: dict[str, list[float]] = {name: [] for name in runtimes}
        products: list[float] = []
        for _ in range(rounds):
            for name, runtime in runtimes.items():
                products += product_flops(CPU, 1)
                took[name].append(seconds(partial(runtime, image), CPU))
        for name, times in took.items():
            best, flop = min(times), folded_flops() * side**2
            error = np.abs(answers[name].astype(int) - answers["torch"]).max()
            print(
                f"| {name} | {side} | {best:.2f} | {median(times):.2f} | "
                f"{max(0, side - 2 * HALO) ** 2 / best / 1e6:.3f} | "
                f"{flop / best / max(products):.0%} | {error} | "
                f"{apart(name, side, threads):.0f} |"
            )


if __name__ == "__main__":
    main()
