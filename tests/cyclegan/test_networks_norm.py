"""The normalisation layer."""

import pytest
import torch
from torch.nn import functional

from cyclegan.networks.norm import EPSILON, InstanceNorm


def maps(seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(2, 5, 7, 11) * 3 + 1


def test_norm_equals_that_of_torch() -> None:
    wanted = functional.instance_norm(maps(), eps=EPSILON)
    torch.testing.assert_close(InstanceNorm()(maps()), wanted, atol=1e-6, rtol=0)


def test_norm_adds_no_key_to_a_state_dict() -> None:
    assert InstanceNorm().state_dict() == {}


def test_norm_is_the_same_in_training_and_evaluation() -> None:
    layer = InstanceNorm()
    torch.testing.assert_close(layer.train()(maps()), layer.eval()(maps()), atol=0, rtol=0)


@pytest.mark.parametrize("value", [0.0, 1.0, -1e4])
def test_norm_of_a_constant_map_is_near_zero(value: float) -> None:
    flat = torch.full((1, 2, 33, 31), value)
    assert InstanceNorm()(flat).abs().max() < 1


def test_norm_uses_the_statistics_it_is_given() -> None:
    layer = InstanceNorm()
    mean, variance = torch.arange(5.0), torch.arange(5.0) + 1
    layer.statistics = (mean, variance)
    wanted = functional.batch_norm(maps(), mean, variance, eps=EPSILON)
    torch.testing.assert_close(layer(maps()), wanted, atol=1e-6, rtol=0)


def test_norm_of_half_precision_is_computed_in_full() -> None:
    # The squares of these values are above the largest number of float16.
    large = maps().half() * 1000
    answer = InstanceNorm()(large)
    wanted = functional.instance_norm(large.float(), eps=EPSILON).half()
    torch.testing.assert_close(answer, wanted, atol=2e-3, rtol=0)


def test_norm_keeps_the_memory_layout() -> None:
    last = maps().contiguous(memory_format=torch.channels_last)
    assert InstanceNorm()(last).is_contiguous(memory_format=torch.channels_last)
