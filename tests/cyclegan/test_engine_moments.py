"""Mean and variance of a map that is never seen as a whole."""

import pytest
import torch

from cyclegan.engines.moments import Moments, part_of


def test_moments_of_strips_are_those_of_all_values() -> None:
    torch.manual_seed(0)
    values = torch.randn(50, 7, 3) * torch.tensor([1.0, 10.0, 0.1])
    moments = Moments()
    for strip in torch.split(values, [10, 1, 39]):
        moments.add(part_of(strip))
    mean, variance = moments.result()
    flat = values.double().view(-1, 3)
    torch.testing.assert_close(mean, flat.mean(0), atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(variance, flat.var(0, correction=0), atol=1e-6, rtol=1e-5)


def test_a_constant_map_has_no_variance() -> None:
    moments = Moments()
    moments.add(part_of(torch.full((5, 5, 2), 0.1)))
    assert moments.result()[1].max() < 1e-8
    assert moments.result()[1].min() >= 0


def test_moments_of_nothing_are_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Moments().result()
