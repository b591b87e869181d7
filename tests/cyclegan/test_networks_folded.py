"""A folded network translates as the network does with its statistics set."""

from __future__ import annotations

import pytest
import torch

from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.folded import FoldedNetwork
from cyclegan.networks.norm import InstanceNorm, Statistics, norm_layers, set_statistics
from tests.cyclegan.generators import random_generator, statistics_of

TOLERANCE = 1e-4
"""In -1..1; float32 through 25 layers, measured 6e-5."""


def frozen(name: str, width: int = 64) -> tuple[Generator, Statistics]:
    network = random_generator(name, width=width).eval()
    statistics = statistics_of(network)
    set_statistics(network, statistics)
    return network, statistics


@pytest.mark.parametrize("size", [(32, 32), (48, 80), (96, 32)])
@pytest.mark.parametrize("name", GENERATORS)
def test_folded_equals_live_borders_and_corners_included(name: str, size: tuple[int, int]) -> None:
    network, statistics = frozen(name)
    images = torch.rand(2, 3, *size) * 2 - 1
    with torch.inference_mode():
        wanted, folded = network(images), FoldedNetwork(network, statistics)(images)
    assert wanted.std() > 0.2
    torch.testing.assert_close(folded, wanted, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_narrow_network_is_folded_as_well(name: str) -> None:
    network, statistics = frozen(name, width=6)
    images = torch.rand(1, 3, 48, 80) * 2 - 1
    with torch.inference_mode():
        wanted, folded = network(images), FoldedNetwork(network, statistics)(images)
    torch.testing.assert_close(folded, wanted, rtol=0, atol=TOLERANCE)


def test_channels_last_changes_nothing_but_the_layout() -> None:
    network, statistics = frozen("ganilla")
    image = torch.rand(1, 3, 64, 48) * 2 - 1
    folded = FoldedNetwork(network, statistics)
    with torch.inference_mode():
        plain = folded(image)
        folded.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        last = folded(image.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(last, plain, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", GENERATORS)
def test_the_network_itself_is_left_as_it_is(name: str) -> None:
    network = random_generator(name)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    folded = FoldedNetwork(network, statistics_of(network))
    folded.half()
    assert not any(isinstance(module, InstanceNorm) for module in folded.modules())
    after = network.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_missing_statistics_are_named() -> None:
    network = random_generator("ganilla")
    statistics = dict(statistics_of(network))
    del statistics["layer3.0.norm1"]
    with pytest.raises(KeyError, match=r"layer3\.0\.norm1"):
        FoldedNetwork(network, statistics)


def test_every_norm_layer_counts() -> None:
    network, statistics = frozen("ganilla")
    image = torch.rand(1, 3, 32, 32) * 2 - 1
    with torch.inference_mode():
        plain = FoldedNetwork(network, statistics)(image)
        for name in norm_layers(network):
            mean, variance = statistics[name]
            moved = {**statistics, name: (mean + 0.5 * variance.sqrt(), variance)}
            assert (FoldedNetwork(network, moved)(image) - plain).abs().max() > 0.01, name
