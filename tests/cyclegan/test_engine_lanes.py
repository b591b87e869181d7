"""Several runtimes as one."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cyclegan.engines.eager import Eager, on_cards
from cyclegan.engines.engine import Batch, Room, Watch
from cyclegan.engines.frozen import FrozenPatches
from cyclegan.engines.lanes import Lanes
from cyclegan.engines.runtime import Runtime
from cyclegan.images.image import Pixels, Reader
from cyclegan.networks.folded import FoldedNetwork
from cyclegan.translate import prepare, translate
from tests.cyclegan.arrays import NOWHERE, ArrayReader, ArrayWriter, noise
from tests.cyclegan.generators import Same, random_generator, statistics_of

CPU = torch.device("cpu")
TIMEOUT_S = 30


class Meeting:
    """A runtime that answers only while all others work, too; from one thread at a time."""

    name = "meeting"
    multiple = 4
    smallest = 8
    precision = "float32"
    lanes = devices = 1

    def __init__(self, barrier: threading.Barrier) -> None:
        self.barrier = barrier
        self.calls = self.closed = 0
        self.is_busy = False

    def __call__(self, batch: Batch) -> Batch:
        assert not self.is_busy
        self.is_busy = True
        self.calls += 1
        self.barrier.wait()
        self.is_busy = False
        return batch.copy()

    def close(self) -> None:
        assert not self.is_busy
        self.closed += 1


class Nearly(Same):
    """Returns what it is given, with a weight that has a precision."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight


class Prepared:
    """An engine that has prepared its patches already."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> FrozenPatches:
        height, width = reader.info.height, reader.info.width
        return FrozenPatches(self.runtime, device=CPU, reach=84, height=height, width=width)


def met(count: int) -> list[Meeting]:
    barrier = threading.Barrier(count, timeout=TIMEOUT_S)
    return [Meeting(barrier) for _ in range(count)]


def translated(pixels: Pixels, runtime: Runtime) -> Pixels:
    reader, writer = ArrayReader(pixels), ArrayWriter(pixels.shape[1])
    with prepare(reader, Prepared(runtime), room=NOWHERE, tile=176) as plan:
        assert plan.provenance()["patches"] == 8
        translate(reader, writer, plan)
    return writer.pixels


def test_patches_go_to_all_runtimes_at_once_and_to_each_one_at_a_time() -> None:
    runtimes, batch = met(3), noise(8, 8)[None]
    lanes = Lanes(runtimes)
    with ThreadPoolExecutor(lanes.lanes) as threads:
        answers = list(threads.map(lanes, [batch] * 12))
    assert all((answer == batch).all() for answer in answers)
    assert [runtime.calls for runtime in runtimes] == [4, 4, 4]


def test_a_runtime_that_fails_goes_on_with_the_next_patch() -> None:
    runtimes = met(1)
    lanes = Lanes(runtimes)
    runtimes[0].barrier.abort()
    for _ in range(2):
        with pytest.raises(threading.BrokenBarrierError):
            lanes(noise(8, 8)[None])
        runtimes[0].is_busy = False
    assert runtimes[0].calls == 2


def test_closing_closes_all_that_are_idle_and_leaves_them_usable() -> None:
    runtimes = met(2)
    lanes = Lanes(runtimes)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(lanes, noise(8, 8)[None])
        while not runtimes[0].is_busy:
            time.sleep(0.01)
        lanes.close()
        assert [runtime.closed for runtime in runtimes] == [0, 1]
        lanes(noise(8, 8)[None])
        answer.result()
    lanes.close()
    assert [runtime.closed for runtime in runtimes] == [1, 2]


def test_any_number_of_lanes_gives_the_same_bytes() -> None:
    network = random_generator("resnet_9blocks")
    folded = FoldedNetwork(network, statistics_of(network))
    pixels = noise(24, 230)
    alone = translated(pixels, Eager(folded, CPU))
    together = translated(pixels, Lanes([Eager(folded, CPU) for _ in range(3)]))
    np.testing.assert_array_equal(together, alone)


def test_lanes_of_several_devices_agree_on_half_precision() -> None:
    folded = cast("FoldedNetwork", Nearly())
    lanes = on_cards(folded, [CPU, CPU], lanes=2)
    assert [one.precision for one in lanes] == ["float16"] * 4
    image = noise(32, 32)[None]
    for one in lanes:
        np.testing.assert_array_equal(one(image), image)
