"""The weights that a network begins with."""

import pytest
import torch
from torch import nn

from cyclegan.networks import DISCRIMINATORS, GENERATORS
from cyclegan.networks.initial import initialise

NETWORKS = {**DISCRIMINATORS, **GENERATORS}


def made(name: str, seed: int) -> nn.Module:
    torch.manual_seed(17)  # what torch itself puts there must not matter
    network = NETWORKS[name]()
    initialise(network, torch.Generator().manual_seed(seed))
    return network


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_are_normal_with_a_deviation_of_0_02_and_biases_are_0(name: str) -> None:
    state = made(name, 0).state_dict()
    weights = torch.cat([value.flatten() for value in state.values() if value.ndim == 4])
    assert float(weights.mean()) == pytest.approx(0, abs=1e-4)
    assert float(weights.std()) == pytest.approx(0.02, rel=0.01)
    assert all((value == 0).all() for value in state.values() if value.ndim == 1)


def test_all_chance_comes_from_the_generator() -> None:
    first, second, other = (made("patchgan", seed).state_dict() for seed in (5, 5, 6))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["model.0.weight"], other["model.0.weight"])
