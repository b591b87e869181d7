"""How near the machine's limit a network is: its own arithmetic against a matrix product's.

Pixels lie in memory and nothing is written. Where an engine works patch by patch it is called with
a batch of the patches it likes, from as many threads as it likes; where it works strip by strip the
image's whole way through it is timed, statistics included. A matrix product is measured in turn
with each call.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from benchmarks.checkpoints import NAME
from benchmarks.peak import product_flops, seconds
from benchmarks.rivals.rival import Given
from cyclegan.ahead import ahead
from cyclegan.engines.engine import Engine, Patchwise, Room, Watch
from cyclegan.images import open_image
from cyclegan.images.image import Reader
from cyclegan.preprocess import cut
from cyclegan.translate import Tiling, prepare


def measure(
    begin: Callable[[], None],
    *,
    given: Given,
    stats: str,
    source: Path,
    scratch: Path,
    product: int,
    rounds: int,
) -> dict[str, Any]:
    """Seconds of each call after one to warm up, the px it had, and FLOP/s of the products.

    `product` is the side of the matrices.
    """
    device = torch.device(given.device)
    engine = given.engine(NAME, stats)
    with open_image(source) as reader, prepare(reader, engine, room=Room(scratch)) as plan:
        if isinstance(plan.way, Tiling):
            call, pixels = patches(reader, plan.way)
        else:
            call, pixels = strips(reader, engine, scratch)
        record = plan.provenance()
        call()
        begin()
        flops, took = [], []
        for _ in range(rounds):
            flops += product_flops(device, 1, product)
            took.append(seconds(call, device))
    return {"seconds": took, "flops": flops, "pixels": pixels, "record": record}


def patches(reader: Reader, way: Tiling) -> tuple[Callable[[], object], int]:
    """A call that translates a batch from the middle of the image, on all lanes, and its px."""
    tiles, prepared = list(way.grid.tiles()), way.prepared
    batch = cut(reader, [tiles[len(tiles) // 2]] * prepared.batch)
    # Where copies overlap with computing, not only the first and the last shall be seen.
    batches = [batch] if prepared.lanes == 1 else [batch] * prepared.lanes * 4

    def call() -> None:
        for _ in ahead(ThreadPoolExecutor(prepared.lanes), prepared, batches, most=len(batches)):
            pass

    return call, sum(one.shape[0] * one.shape[1] * one.shape[2] for one in batches)


def strips(reader: Reader, engine: Engine, scratch: Path) -> tuple[Callable[[], object], int]:
    """A call that brings the image through an engine from the beginning, and its px."""

    def call() -> None:
        with closing(engine.prepare(reader, Room(scratch), Watch())) as prepared:
            if isinstance(prepared, Patchwise):
                raise TypeError("the engine works patch by patch at one time and not at another")
            for _ in prepared.strips():
                pass

    return call, reader.info.height * reader.info.width
