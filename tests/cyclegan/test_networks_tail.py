"""The composed tail gives what the layers that it stands for give, edges included."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.networks.ganilla import Ganilla
from cyclegan.networks.tail import FoldedTail

TOLERANCE = 1e-5
"""In -1..1; sums of 10,000 float32 products in another order, measured 2e-6."""

Layers = tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]


@pytest.fixture(scope="module")
def layers() -> Layers:
    """The linear end of GANILLA, with weights that use the whole range."""
    torch.manual_seed(4)
    network = Ganilla().requires_grad_(False)
    return network.fpn.P2_1, network.fpn.P2_2, network.conv2


def _maps(height: int, width: int, *, channels: tuple[int, int] = (64, 128)) -> list[Tensor]:
    """The finest map and the sum of the coarser ones, which has this size."""
    chance = torch.Generator().manual_seed(5)
    fine = torch.randn(2, channels[0], 2 * height, 2 * width, generator=chance)
    return [fine, torch.randn(2, channels[1], height, width, generator=chance)]


def _plainly(layers: Layers, fine: Tensor, coarse: Tensor) -> Tensor:
    lateral, fpn_out, head = layers
    top = lateral(fine) + functional.interpolate(coarse, scale_factor=2, mode="nearest")
    made: Tensor = head(fpn_out(functional.interpolate(top, scale_factor=2, mode="nearest")))
    return made


@pytest.mark.parametrize("size", [(2, 2), (3, 7), (4, 4), (5, 3), (16, 16), (23, 41)])
def test_tail_equals_the_layers_that_it_stands_for(layers: Layers, size: tuple[int, int]) -> None:
    maps = _maps(*size)
    wanted = _plainly(layers, *maps)
    assert wanted.std() > 0.1
    torch.testing.assert_close(FoldedTail(*layers)(*maps), wanted, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("margin", [1, 2, 5])
@pytest.mark.parametrize("height", [1, 2, 3, 11])
def test_strips_with_surroundings_equal_the_whole(layers: Layers, height: int, margin: int) -> None:
    tail = FoldedTail(*layers)
    fine, coarse = _maps(2 * margin + 3 * height, 9)
    strips = []
    start = 0
    for end in (margin + height, margin + 2 * height, coarse.shape[2]):
        above, below = min(start, margin), min(coarse.shape[2] - end, margin)
        first, last = start - above, end + below
        strip = fine[:, :, 2 * first : 2 * last], coarse[:, :, first:last]
        strips.append(tail(*strip, above=above, below=below))
        start = end
    torch.testing.assert_close(
        torch.cat(strips, dim=2), _plainly(layers, fine, coarse), rtol=0, atol=TOLERANCE
    )


def test_convolutions_without_bias_have_a_tail_too() -> None:
    bare = (
        nn.Conv2d(5, 4, 1, bias=False).requires_grad_(False),
        nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect", bias=False).requires_grad_(False),
        nn.Conv2d(6, 3, 7, padding=3, padding_mode="reflect", bias=False).requires_grad_(False),
    )
    maps = _maps(6, 6, channels=(5, 4))
    wanted = _plainly(bare, *maps)
    torch.testing.assert_close(FoldedTail(*bare)(*maps), wanted, rtol=0, atol=TOLERANCE)
