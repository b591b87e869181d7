"""Nuclei of pictures that have no truth."""

import numpy as np
import pytest
import torch
from torch import Tensor

from cyclegan.engines.tensors import to_tensor
from cyclegan.stains import Floats, render
from cyclegan.train.structure import lost_structure

CPU = torch.device("cpu")


def cells(seed: int = 0, *, strength: float = 1.0) -> Floats:
    """A map of nuclear dye: squares of 8 px here and there."""
    field = np.zeros((64, 64), np.float32)
    for y, x in np.random.default_rng(seed).integers(0, 56, (10, 2)):
        field[y : y + 8, x : x + 8] = strength
    return field


def seen(dye: Floats, *, brightness: int = 90) -> Tensor:
    """A picture as the input `dyes` shows it."""
    planes = np.stack([255 * dye, 0 * dye + 60, 0 * dye + brightness], axis=-1)
    return to_tensor(planes.astype(np.uint8)[None], CPU)


def stained(nuclear: Floats) -> Tensor:
    return to_tensor(render(nuclear, nuclear * 0 + 0.3)[None], CPU)


def test_nuclei_where_the_dye_is_cost_little_however_strong_they_are() -> None:
    glowing = seen(cells())
    for strength in (0.4, 0.8):
        assert lost_structure(glowing, stained(cells(strength=strength))) < 0.05


def test_nuclei_elsewhere_cost_as_much_as_none() -> None:
    glowing = seen(cells())
    assert lost_structure(glowing, stained(cells(1))) > 0.7
    assert abs(float(lost_structure(glowing, stained(0 * cells()))) - 1) < 0.05


def test_each_nucleus_that_is_missing_or_invented_costs() -> None:
    dye, fewer = cells(), cells()
    fewer[fewer.shape[0] // 2 :] = 0
    right = lost_structure(seen(dye), stained(dye))
    assert lost_structure(seen(dye), stained(fewer)) > right + 0.1
    assert lost_structure(seen(fewer), stained(dye)) > right + 0.1


def test_a_picture_is_asked_by_itself() -> None:
    bright, dim = seen(cells()), seen(cells(2, strength=0.2))
    both = lost_structure(
        torch.cat([bright, dim]), torch.cat([stained(cells()), stained(0 * cells())])
    )
    alone = [
        lost_structure(bright, stained(cells())),
        lost_structure(dim, stained(0 * cells())),
    ]
    assert abs(float(both) - float(sum(alone)) / 2) < 1e-4


def test_it_can_be_learned_from_white() -> None:
    # White is what glass begins as, and where a hard map would have no direction to go.
    output = (torch.ones(1, 3, 64, 64) * 0.98).requires_grad_()
    lost_structure(seen(cells()), output).backward()  # type: ignore[no-untyped-call]
    assert output.grad is not None
    assert torch.isfinite(output.grad).all()
    nucleus = torch.from_numpy(cells()) > 0
    # A step against the gradient darkens red, which haematoxylin takes away, where the dye is.
    red = output.grad[0, 0]
    assert red[nucleus].mean() > 0
    assert red[nucleus].mean() > red[~nucleus].mean()


@pytest.mark.parametrize("grey_levels", [1, 2, 3])
def test_noise_is_no_nuclei(grey_levels: float) -> None:
    grain = np.random.default_rng(0).standard_normal((64, 64), dtype=np.float32)
    noise = (20 + grey_levels * grain).clip(0) / 255
    empty, dyed = seen(noise.astype(np.float32)), seen(cells())
    assert lost_structure(empty, stained(0 * cells())) < 0.05
    pulls = []
    for glowing in (empty, dyed):
        output = (torch.ones(1, 3, 64, 64) * 0.98).requires_grad_()
        lost_structure(glowing, output).backward()  # type: ignore[no-untyped-call]
        assert output.grad is not None
        pulls.append(float(output.grad.abs().sum()))
    assert pulls[0] < 0.05 * pulls[1]


def test_where_there_is_no_dye_nothing_is_learned_and_nothing_breaks() -> None:
    output = stained(0.2 * cells()).requires_grad_()
    lost_structure(seen(0 * cells()), output).backward()  # type: ignore[no-untyped-call]
    assert output.grad is not None
    assert output.grad.abs().max() < 1e-6
