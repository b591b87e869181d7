"""What runs folded networks: torch and OpenVINO."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from torch import Tensor, nn

from cyclegan.engines.eager import Eager
from cyclegan.engines.openvino import OpenVino
from cyclegan.networks import GENERATORS
from cyclegan.networks.folded import FoldedNetwork
from cyclegan.networks.norm import set_statistics
from tests.cyclegan.generators import Same, random_generator, statistics_of

CPU = torch.device("cpu")
TOLERANCE = 1 / 127.5 / 20
"""A twentieth of a grey level; float32 through 25 layers, measured a fiftieth."""


def made_image(height: int, width: int, count: int = 1) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(7)) * 2 - 1


class Scaled(Same):
    """Returns what it is given by way of a larger value, with a weight that has a precision."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor
        self.weight = nn.Parameter(torch.ones(1), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight + self.factor) - self.factor


class Loud(Scaled):
    """Overflows half precision where a picture is white, which the made one is nowhere."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x >= 1, x * self.weight * 1e6 / 1e6, x)


def halved(network: nn.Module) -> Eager:
    return Eager(cast("FoldedNetwork", network), CPU, wants_half=True)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("size", [(32, 32), (48, 112)])
def test_openvino_computes_in_float32_what_the_network_does(
    name: str, size: tuple[int, int]
) -> None:
    network = random_generator(name).eval()
    runtime = OpenVino(FoldedNetwork(network, statistics_of(network)))
    set_statistics(network, statistics_of(network))
    image = made_image(*size, count=2)
    with torch.inference_mode():
        wanted = network(image)
    made = runtime(image.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(made, wanted, rtol=0, atol=TOLERANCE)


def test_openvino_takes_images_of_another_size_and_goes_on_after_a_close() -> None:
    network = random_generator("resnet_9blocks")
    runtime = OpenVino(FoldedNetwork(network, statistics_of(network)))
    small, large = made_image(16, 16), made_image(16, 24)
    first = runtime(small)
    runtime(large)
    runtime.close()
    runtime.close()
    assert torch.equal(runtime(small), first)


def test_an_answer_is_not_changed_by_the_next() -> None:
    network = random_generator("resnet_9blocks")
    runtime = OpenVino(FoldedNetwork(network, statistics_of(network)))
    first = runtime(made_image(16, 16))
    before = first.clone()
    runtime(-made_image(16, 16))
    assert torch.equal(first, before)


def test_half_precision_is_used_if_no_grey_level_changes_by_more_than_one() -> None:
    assert halved(Scaled(1)).precision == "float16"


def test_half_precision_that_changes_grey_levels_is_not_used() -> None:
    exact = halved(Scaled(100))
    assert exact.precision == "float32"
    image = made_image(32, 32)
    torch.testing.assert_close(exact(image), image, rtol=0, atol=TOLERANCE)


def test_only_the_patch_that_overflows_half_precision_is_done_in_full() -> None:
    loud = halved(Loud(1))
    assert loud.precision == "float16"
    white = torch.ones(1, 3, 32, 32)
    assert torch.equal(loud(white), white)
    image = made_image(32, 32)
    assert torch.equal(loud(image), image.half().float())


def test_the_cpu_computes_in_float32_unless_asked() -> None:
    network = random_generator("resnet_9blocks")
    assert Eager(FoldedNetwork(network, statistics_of(network)), CPU).precision == "float32"
