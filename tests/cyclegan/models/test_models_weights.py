"""The two files of a package's weights, and their precision."""

from pathlib import Path

import pytest
import torch

from cyclegan.models.card import TORCH_WEIGHTS, WEIGHTS
from cyclegan.models.weights import Precision, halved, read_weights, write_weights
from cyclegan.networks import Generator
from tests.cyclegan.generators import head_of, random_generator, statistics_of


def dull(seed: int = 0) -> Generator:
    """A generator whose answers are so close to grey that half precision cannot be seen."""
    network = random_generator("resnet_9blocks", seed=seed, width=4)
    with torch.no_grad():
        head_of(network).weight.mul_(0.1)
    return network


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_both_files_have_the_weights_in_the_precision_that_was_asked_for(
    tmp_path: Path, precision: Precision
) -> None:
    network = dull()
    content = write_weights(tmp_path, network, precision)
    assert content == (tmp_path / WEIGHTS).read_bytes()
    wanted = {name: v.to(getattr(torch, precision)) for name, v in network.state_dict().items()}
    for file in (WEIGHTS, TORCH_WEIGHTS):
        met = read_weights(file, (tmp_path / file).read_bytes())
        assert met.keys() == wanted.keys()
        assert all(torch.equal(met[name], wanted[name]) for name in wanted)
        assert {value.dtype for value in met.values()} == {getattr(torch, precision)}


def test_a_halved_network_has_weights_that_float16_holds() -> None:
    network = dull()
    half = halved(network, statistics_of(network), size=64, view="rgb")
    assert half is not None
    for name, value in half.state_dict().items():
        assert torch.equal(value, network.state_dict()[name].half().float())


def test_a_network_is_not_halved_where_that_would_be_seen() -> None:
    # A head of large weights turns the smallest difference into another colour.
    network = dull()
    with torch.no_grad():
        head_of(network).weight.mul_(1000)
    assert halved(network, None, size=64, view="rgb") is None


def test_a_network_is_not_halved_where_weights_overflow() -> None:
    network = dull()
    conv = network.steps()[0].conv
    assert conv is not None
    with torch.no_grad():
        conv.weight.mul_(1e6)
    assert halved(network, None, size=64, view="rgb") is None


def test_halving_leaves_the_network_as_it_is() -> None:
    network, same = dull(), dull()
    halved(network, None, size=64, view="rgb")
    wanted = same.state_dict()
    assert all(torch.equal(value, wanted[name]) for name, value in network.state_dict().items())
