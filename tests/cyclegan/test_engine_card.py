"""Work on a card: what must hold is that nobody sees how it is handed over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from cyclegan.device import LANES, alike
from cyclegan.engines.eager import Eager, halved, on_cards
from cyclegan.engines.lanes import Lanes
from cyclegan.networks.folded import FoldedNetwork
from tests.cyclegan.arrays import noise
from tests.cyclegan.generators import random_generator, statistics_of

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA card"),
]
CUDA = torch.device("cuda")
NAMES = ["ganilla", "resnet_9blocks"]


def folded(name: str) -> FoldedNetwork:
    network = random_generator(name)
    return FoldedNetwork(network, statistics_of(network)).to(CUDA)


def eager(name: str, *, wants_half: bool = False) -> Eager:
    network = folded(name)
    return Eager(network, CUDA, half=halved(network, CUDA) if wants_half else None)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wants_half", [False, True])
def test_a_graph_gives_the_bytes_that_the_operations_give(name: str, wants_half: bool) -> None:
    images = [noise(240, 256, seed)[None] for seed in range(5)]
    plainly = [eager(name, wants_half=wants_half)(image) for image in images]
    one = eager(name, wants_half=wants_half)
    for image, wanted in zip(images, plainly, strict=True):
        np.testing.assert_array_equal(one(image), wanted)


def test_a_patch_of_another_size_and_a_close_end_a_graph(caplog: pytest.LogCaptureFixture) -> None:
    one, small, large = eager("resnet_9blocks"), noise(64, 64)[None], noise(64, 96)[None]
    wanted = one(small), one(large)
    for _ in range(4):
        np.testing.assert_array_equal(one(small), wanted[0])
    for _ in range(4):
        np.testing.assert_array_equal(one(large), wanted[1])
    one.close()
    one.close()
    np.testing.assert_array_equal(one(large), wanted[1])
    assert not caplog.records


def test_memory_is_given_back_by_a_close() -> None:
    one, little = eager("ganilla"), 2**26  # for what torch keeps for itself
    one.close()
    before = torch.cuda.memory_reserved()
    for _ in range(3):
        one(noise(1024, 1024)[None])
    assert torch.cuda.memory_reserved() > before + 2 * little
    one.close()
    assert torch.cuda.memory_reserved() < before + little


@pytest.mark.parametrize("name", NAMES)
def test_all_lanes_of_all_cards_give_the_bytes_of_one(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    cards = alike(CUDA)
    runtimes = on_cards(folded(name), cards, lanes=LANES["cuda"])
    lanes = Lanes(runtimes, devices=len(cards))
    images = [noise(240, 256, seed)[None] for seed in range(12 * len(runtimes))]
    with ThreadPoolExecutor(lanes.lanes) as threads:
        together = list(threads.map(lanes, images))
    for image, answer in zip(images, together, strict=True):
        np.testing.assert_array_equal(answer, runtimes[0](image))
    assert not caplog.records


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_used_and_within_a_grey_level_of_full(name: str) -> None:
    half, full = eager(name, wants_half=True), eager(name)
    assert half.precision == "float16"
    image = noise(240, 256)[None]
    for _ in range(3):
        assert np.abs(half(image).astype(int) - full(image)).max() <= 1
