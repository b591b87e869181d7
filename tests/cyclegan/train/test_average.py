"""The running average of weights."""

import pytest
import torch
from torch import nn

from cyclegan.train.average import Average


def network(weight: float) -> nn.Linear:
    layer = nn.Linear(1, 1)
    set_weight(layer, weight)
    return layer


def set_weight(layer: nn.Linear, weight: float) -> None:
    with torch.no_grad():
        layer.weight.fill_(weight)
        layer.bias.fill_(-weight)


def averaged(average: Average) -> float:
    layer = network(0)
    average.copy_to(layer)
    assert layer.bias.item() == -layer.weight.item()
    return layer.weight.item()


def test_each_step_counts_by_what_the_decay_leaves() -> None:
    layer = network(0)
    average = Average(layer, decay=0.75)
    for _ in range(30):  # long enough for the decay to be in force
        average.update(layer)
    for weight in (16, 32, 64):
        set_weight(layer, weight)
        average.update(layer)
    assert averaged(average) == pytest.approx(16 * 0.75**2 / 4 + 32 * 0.75 / 4 + 64 / 4)


def test_a_long_average_soon_forgets_the_random_start() -> None:
    layer = network(100)
    average = Average(layer, decay=0.9999)
    set_weight(layer, 1)
    for _ in range(100):
        average.update(layer)
    assert averaged(average) == pytest.approx(1, abs=0.01)


def test_the_network_is_not_changed_and_what_is_copied_is_its_own() -> None:
    layer = network(1)
    average = Average(layer, decay=0.9)
    other = network(5)
    average.copy_to(other)
    set_weight(layer, 3)
    average.update(layer)
    assert layer.weight.item() == 3
    assert other.weight.item() == 1


def test_an_average_goes_on_from_its_state_as_if_undisturbed() -> None:
    layer = network(1)
    first = Average(layer, decay=0.99)
    for weight in (2, 3):
        set_weight(layer, weight)
        first.update(layer)
    second = Average(network(-7), decay=0.99)
    second.load_state_dict(first.state_dict())
    set_weight(layer, 4)
    for average in (first, second):
        average.update(layer)
    assert averaged(second) == averaged(first)
