"""Empty glass."""

import pytest
import torch
from torch import Tensor

from cyclegan.train.glass import stained_glass


def grey(level: int) -> Tensor:
    return torch.full((1, 3, 8, 8), level / 127.5 - 1)


def test_white_and_nearly_white_glass_costs_nothing() -> None:
    assert stained_glass(grey(255), grey(255)) == 0
    assert stained_glass(grey(230), grey(250)) == 0


def test_a_veil_over_glass_costs_the_density_beyond_what_is_free() -> None:
    met = stained_glass(grey(127), grey(255))
    assert float(met) == pytest.approx(torch.log10(torch.tensor(2.0)).item() - 0.05)


def test_stain_on_tissue_is_free() -> None:
    assert stained_glass(grey(10), grey(200)) == 0


def test_only_the_share_that_is_glass_counts() -> None:
    target = grey(255)
    target[..., :4] = grey(100)[..., :4]
    half, whole = stained_glass(grey(127), target), stained_glass(grey(127), grey(255))
    assert float(half) == pytest.approx(float(whole) / 2)
