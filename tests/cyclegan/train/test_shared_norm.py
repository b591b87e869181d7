"""Norm layers whose statistics all patches share, as they do in serving."""

import pytest
import torch
from torch import Tensor, nn

from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import EPSILON, norm_layers, set_statistics
from cyclegan.train.shared_norm import (
    MOMENTUM,
    SharedNorm,
    freeze_statistics,
    load_shared,
    share_statistics,
    shared_layers,
    statistics_of,
    unnoted,
    weights_of,
)
from tests.cyclegan.generators import random_generator
from tests.cyclegan.train.tiny import differences


def pictures(count: int, seed: int = 0, size: int = 64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, size, size, generator=generator) * 2 - 1


@pytest.fixture(params=GENERATORS)
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def shared(architecture: str = "ganilla", *, seed: int = 0) -> Generator:
    network = random_generator(architecture, seed, width=8)
    share_statistics(network)
    return network.train()


def learned(architecture: str = "ganilla") -> Generator:
    """One that has seen some batches."""
    network = shared(architecture)
    with torch.no_grad():
        for seed in range(3):
            network(pictures(4, seed))
    return network


def test_every_norm_layer_is_replaced_and_weights_keep_their_names(architecture: str) -> None:
    plain = random_generator(architecture, width=8)
    network = shared(architecture)
    assert shared_layers(network).keys() == norm_layers(plain).keys()
    assert norm_layers(network) == {}
    assert weights_of(network).keys() == plain.state_dict().keys()


def test_a_batch_is_normalised_as_one() -> None:
    layer = SharedNorm(5).train()
    maps = 3 * torch.randn(4, 5, 6, 7, generator=torch.Generator().manual_seed(0)) + 2
    made = layer(maps)
    assert torch.allclose(made.mean(dim=(0, 2, 3)), torch.zeros(5), atol=1e-5)
    assert torch.allclose(made.var(dim=(0, 2, 3), correction=0), torch.ones(5), atol=1e-4)
    assert not torch.allclose(made.mean(dim=(2, 3)), torch.zeros(4, 5), atol=1e-2)


def test_a_batch_of_one_patch_is_normalised_as_the_public_networks_do(architecture: str) -> None:
    plain = random_generator(architecture, width=8)
    with torch.no_grad():
        assert torch.allclose(
            shared(architecture)(pictures(1)), plain(pictures(1)), rtol=0, atol=1e-4
        )


def test_the_first_batches_count_alike_and_later_ones_as_the_momentum_says() -> None:
    layer = SharedNorm(1).train()
    for value in (1.0, 2.0, 6.0):
        layer(torch.full((1, 1, 4, 4), value))
    assert layer.mean.item() == pytest.approx(3)
    for _ in range(100):
        layer(torch.full((1, 1, 4, 4), 3.0))
    layer(torch.full((1, 1, 4, 4), 5.0))
    assert layer.mean.item() == pytest.approx(3 + 2 * MOMENTUM, abs=1e-4)


def test_evaluation_and_freezing_change_no_statistics(architecture: str) -> None:
    network = learned(architecture)
    before = statistics_of(network)
    with torch.no_grad():
        network.eval()(pictures(2, seed=8))
        freeze_statistics(network)
        network.train()(pictures(2, seed=9))
    after = statistics_of(network)
    for name, (mean, variance) in before.items():
        assert torch.equal(after[name][0], mean)
        assert torch.equal(after[name][1], variance)


def test_what_is_not_to_be_noted_is_normalised_the_same_and_changes_no_statistics() -> None:
    network, other = learned(), learned()
    with torch.no_grad(), unnoted([network]):
        assert torch.equal(network(pictures(2, seed=9)), other(pictures(2, seed=9)))
    assert_same_statistics(network, learned())
    with torch.no_grad():
        network(pictures(2, seed=9))
    assert_same_statistics(network, other)


def assert_same_statistics(one: Generator, other: Generator) -> None:
    held, wanted = (
        {name: layer.state_dict() for name, layer in shared_layers(network).items()}
        for network in (one, other)
    )
    assert differences(held, wanted) == []


def test_a_network_that_is_frozen_stays_so_while_nothing_is_noted() -> None:
    network = learned()
    freeze_statistics(network)
    with torch.no_grad(), unnoted([network]):
        assert torch.equal(network(pictures(2, 7)), network.eval()(pictures(2, 7)))


def test_frozen_training_computes_what_is_served(architecture: str) -> None:
    network = learned(architecture)
    freeze_statistics(network)
    served = random_generator(architecture, seed=5, width=8)
    served.load_state_dict(weights_of(network))
    set_statistics(served, statistics_of(network))
    with torch.no_grad():
        in_training, in_evaluation = network(pictures(2, 7)), network.eval()(pictures(2, 7))
        assert torch.equal(in_training, in_evaluation)
        # The tenth part of a grey level is 8e-4.
        assert (served.eval()(pictures(2, 7)) - in_training).abs().max() <= 1e-5


def test_a_frozen_network_gives_each_patch_the_same_whatever_is_beside_it() -> None:
    network = learned()
    freeze_statistics(network)
    with torch.no_grad():
        together = network(pictures(3))
        alone = torch.cat([network(patch[None]) for patch in pictures(3)])
    assert torch.allclose(together, alone, rtol=0, atol=1e-5)


def test_frozen_weights_still_learn() -> None:
    network = learned()
    freeze_statistics(network)
    network(pictures(1)).mean().backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_statistics_are_copies_on_the_cpu() -> None:
    network = learned()
    kept = statistics_of(network)
    with torch.no_grad():
        network(pictures(2, seed=5))
    assert not torch.equal(kept["norm1"][0], statistics_of(network)["norm1"][0])


def test_statistics_are_those_of_what_comes_in() -> None:
    layer = SharedNorm(2).train()
    maps = torch.randn(8, 2, 50, 50, generator=torch.Generator().manual_seed(0)) * 4 + 1
    layer(maps)
    mean, variance = statistics_of(nn.Sequential(layer))["0"]
    wanted, mean_wanted = torch.var_mean(maps, dim=(0, 2, 3), correction=0)
    assert torch.allclose(mean, mean_wanted, atol=1e-5)
    assert torch.allclose(variance, wanted, rtol=1e-4)  # of 20,000 values, less one
    frozen = (maps - mean.view(1, 2, 1, 1)) / (variance.view(1, 2, 1, 1) + EPSILON).sqrt()
    assert torch.allclose(layer.eval()(maps), frozen, atol=1e-5)


def test_weights_and_statistics_of_a_package_are_begun_with(architecture: str) -> None:
    first, second = learned(architecture), shared(architecture, seed=3)
    load_shared(second, weights_of(first), statistics_of(first))
    with torch.no_grad():
        assert torch.equal(second.eval()(pictures(1)), first.eval()(pictures(1)))


def test_statistics_to_begin_with_stand_for_many_batches() -> None:
    first, second = learned(), shared()
    load_shared(second, weights_of(first), statistics_of(first))
    with torch.no_grad():
        second(pictures(4, seed=6) + 1)
    moved = statistics_of(second)["norm1"][0] - statistics_of(first)["norm1"][0]
    assert 0 < moved.abs().max() < 0.1


def test_without_statistics_they_are_learned_anew() -> None:
    first, second = learned(), shared(seed=3)
    load_shared(second, weights_of(first), None)
    assert {int(layer.seen) for layer in shared_layers(second).values()} == {0}
    with torch.no_grad():
        second(pictures(4))
        assert torch.equal(second(pictures(4)), shared()(pictures(4)))


def test_what_belongs_to_another_network_is_refused() -> None:
    weights, statistics = weights_of(learned()), statistics_of(learned())
    with pytest.raises(RuntimeError, match="Missing key"):
        load_shared(shared("unet"), weights, statistics)
    with pytest.raises(KeyError, match="norm1"):
        load_shared(shared(), weights, {})


def test_a_saved_state_goes_on_frozen() -> None:
    network, again = learned(), shared(seed=3)
    freeze_statistics(network)
    again.load_state_dict(network.state_dict())
    with torch.no_grad():
        assert torch.equal(again(pictures(2)), network(pictures(2)))


def test_maps_of_half_precision_keep_their_type() -> None:
    made = SharedNorm(2).train()(torch.randn(1, 2, 8, 8).to(torch.bfloat16))
    assert made.dtype == torch.bfloat16
