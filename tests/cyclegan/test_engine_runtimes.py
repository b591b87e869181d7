"""What runs folded networks: torch and OpenVINO."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cyclegan.engines.eager import Eager, halved
from cyclegan.engines.engine import Batch
from cyclegan.engines.openvino import OpenVino
from cyclegan.engines.runtime import Runtime
from cyclegan.engines.tensors import to_pixels, to_tensor
from cyclegan.errors import ModelError
from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.folded import FoldedNetwork
from cyclegan.networks.norm import set_statistics
from tests.cyclegan.arrays import noise
from tests.cyclegan.generators import Same, random_generator, statistics_of

CPU = torch.device("cpu")
RUNTIMES: dict[str, Callable[[FoldedNetwork], Runtime]] = {
    "torch": lambda network: Eager(network, CPU),
    "openvino": OpenVino,
}


def made_image(height: int, width: int, count: int = 1) -> Batch:
    return np.stack([noise(height, width, seed) for seed in range(count)])


def folded(network: Generator) -> FoldedNetwork:
    return FoldedNetwork(network, statistics_of(network))


def as_folded(network: nn.Module) -> FoldedNetwork:
    return cast("FoldedNetwork", network)


class Scaled(Same):
    """Returns what it is given by way of a larger value, with a weight that has a precision."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor
        self.weight = nn.Parameter(torch.ones(1), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight + self.factor) - self.factor


class Loud(Scaled):
    """Overflows half precision when all is white; else adds a grey level in full precision only."""

    def forward(self, x: Tensor) -> Tensor:
        if (x >= 1).all():
            return x * self.weight * 1e6 / 1e6
        level = torch.ones_like(x) / 127.5
        return x + level * ((x * 0 + 2049) - 2048)


def with_half(network: nn.Module) -> Eager:
    full = as_folded(network)
    return Eager(full, CPU, half=halved(full, CPU))


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("size", [(32, 32), (48, 112)])
def test_runtimes_compute_in_float32_what_the_network_does(
    runtime: str, name: str, size: tuple[int, int]
) -> None:
    network, batch = random_generator(name).eval(), made_image(*size, count=2)
    statistics = statistics_of(network)
    made = RUNTIMES[runtime](FoldedNetwork(network, statistics))(batch)
    set_statistics(network, statistics)
    with torch.inference_mode():
        wanted = to_pixels(network(to_tensor(batch, CPU)))
    difference = np.abs(made.astype(int) - wanted)
    # Float32 through 25 layers differs by a fiftieth of a grey level (measured), and so rounds
    # otherwise where a value is that close to the middle between two.
    assert difference.max() <= 1
    assert difference.mean() < 1 / 20


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_runtimes_take_images_of_another_size_and_go_on_after_a_close(runtime: str) -> None:
    one = RUNTIMES[runtime](folded(random_generator("resnet_9blocks")))
    small, large = made_image(16, 16), made_image(16, 24)
    first = one(small)
    one(large)
    one.close()
    one.close()
    np.testing.assert_array_equal(one(small), first)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_answer_is_not_changed_by_the_next(runtime: str) -> None:
    one = RUNTIMES[runtime](folded(random_generator("resnet_9blocks")))
    first = one(made_image(16, 16))
    before = first.copy()
    one(255 - made_image(16, 16))
    np.testing.assert_array_equal(first, before)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_answer_that_is_no_number_is_an_error(runtime: str) -> None:
    class Broken(Scaled):
        def forward(self, x: Tensor) -> Tensor:
            return x * self.weight * torch.nan

    one = RUNTIMES[runtime](as_folded(Broken(1)))
    with pytest.raises(ModelError, match="not finite"):
        one(made_image(32, 32))


def test_half_precision_is_used_if_no_grey_level_changes_by_more_than_one() -> None:
    half = with_half(Scaled(1))
    assert half.precision == "float16"
    image = made_image(32, 32)
    assert np.abs(half(image).astype(int) - image).max() <= 1


def test_half_precision_that_changes_grey_levels_is_not_used() -> None:
    exact = with_half(Scaled(100))
    assert exact.precision == "float32"
    image = made_image(32, 32)
    np.testing.assert_array_equal(exact(image), image)


def test_only_the_patch_that_overflows_half_precision_is_done_in_full() -> None:
    loud, full = with_half(Loud(1)), as_folded(Loud(1))
    assert loud.precision == "float16"
    white, image = np.full((1, 32, 32, 3), 255, np.uint8), made_image(32, 32)
    np.testing.assert_array_equal(loud(white), white)
    np.testing.assert_array_equal(loud(image), image)
    assert (Eager(full, CPU)(image) != image).any()


def test_the_cpu_computes_in_float32_unless_asked() -> None:
    assert Eager(folded(random_generator("resnet_9blocks")), CPU).precision == "float32"
