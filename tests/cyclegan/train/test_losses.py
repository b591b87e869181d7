"""What all losses of paired training keep to."""

import pytest
import torch
from torch import Tensor

from cyclegan.train.losses import LOSSES

losses = pytest.mark.parametrize("name", LOSSES)


def images(seed: int) -> Tensor:
    """H&E-like colours: from white to dark violet, never exactly black, and a red cell."""
    chance = torch.Generator().manual_seed(seed)
    light = torch.rand(2, 1, 33, 47, generator=chance)
    tint = torch.tensor([0.9, 1.2, 0.6]).view(1, 3, 1, 1)
    picture = 1 - 1.5 * light**2 * tint
    red = torch.tensor([0.9, -0.7, 0.2]).view(3, 1, 1)
    picture[..., 3:9, 5:12] = red + 0.1 * (light[..., 3:9, 5:12] - 0.5)
    return picture


@losses
def test_a_loss_is_nothing_for_the_target_itself_and_a_positive_scalar_otherwise(name: str) -> None:
    same, other = LOSSES[name](images(0), images(0)), LOSSES[name](images(1), images(0))
    assert same.shape == other.shape == ()
    assert float(same) == pytest.approx(0, abs=1e-5)
    assert other > 0.001


@losses
def test_a_step_down_the_gradient_lowers_the_loss(name: str) -> None:
    output = images(1).requires_grad_()
    before = LOSSES[name](output, images(0))
    before.backward()  # type: ignore[no-untyped-call]
    assert output.grad is not None
    assert output.grad.isfinite().all()
    step = 1e-3 * output.grad / output.grad.abs().max()
    assert LOSSES[name](output.detach() - step, images(0)) < before


@losses
def test_each_image_of_a_batch_counts_alike(name: str) -> None:
    output, target = images(1), images(0)
    apart = [LOSSES[name](output[n : n + 1], target[n : n + 1]) for n in range(2)]
    assert float(LOSSES[name](output, target)) == pytest.approx(float(sum(apart)) / 2, rel=1e-4)


@losses
@pytest.mark.parametrize("level", [-1.0, 0.0, 1.0])
def test_a_loss_of_an_even_image_has_a_finite_gradient(name: str, level: float) -> None:
    output = torch.full((1, 3, 32, 32), level).requires_grad_()
    LOSSES[name](output, torch.ones(1, 3, 32, 32)).backward()  # type: ignore[no-untyped-call]
    assert output.grad is not None
    assert output.grad.isfinite().all()
