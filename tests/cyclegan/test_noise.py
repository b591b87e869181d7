"""Smooth noise."""

import numpy as np
import pytest

from cyclegan.noise import smooth_noise


@pytest.mark.parametrize("shape", [(1, 1), (1, 53), (53, 1), (97, 61)])
def test_noise_has_the_asked_shape(shape: tuple[int, int]) -> None:
    assert smooth_noise(np.random.default_rng(0), shape, (7, 300)).shape == shape


def test_neighbours_differ_less_where_bumps_are_larger() -> None:
    field = smooth_noise(np.random.default_rng(0), (300, 300), (40, 5))
    steps = [np.abs(np.diff(field, axis=axis)).mean() for axis in (0, 1)]
    assert steps[0] < 0.25 * steps[1]


def test_noise_is_centred() -> None:
    field = smooth_noise(np.random.default_rng(0), (400, 400), (4, 4))
    assert abs(field.mean()) < 0.02
    assert 0.5 < field.std() < 0.7
