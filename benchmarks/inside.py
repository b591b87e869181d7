"""How near the machine's limit a network is: its own arithmetic against a matrix product's.

Pixels lie in memory and nothing is written. Where an engine works patch by patch it is called with
one batch of the patches it likes; where it works strip by strip the image's whole way through it is
timed, statistics included. A matrix product is measured in turn with each call.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from benchmarks.checkpoints import NAME
from benchmarks.peak import product_flops, seconds
from benchmarks.rivals.rival import Given
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
    """A call that translates one batch from the middle of the image, and its px."""
    tiles = list(way.grid.tiles())
    batch = cut(reader, [tiles[len(tiles) // 2]] * way.prepared.batch)
    return (lambda: way.prepared(batch)), batch.shape[0] * batch.shape[1] * batch.shape[2]


def strips(reader: Reader, engine: Engine, scratch: Path) -> tuple[Callable[[], object], int]:
    """A call that brings the image through an engine from the beginning, and its px."""

    def call() -> None:
        with closing(engine.prepare(reader, Room(scratch), Watch())) as prepared:
            if isinstance(prepared, Patchwise):
                raise TypeError("the engine works patch by patch at one time and not at another")
            for _ in prepared.strips():
                pass

    return call, reader.info.height * reader.info.width
