"""The composed tail gives what the two convolutions that it stands for give, edges included."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.networks.ganilla import Ganilla
from cyclegan.networks.tail import FoldedTail

TOLERANCE = 1e-5
"""In -1..1; sums of 6,000 float32 products in another order, measured 1e-6."""


@pytest.fixture(scope="module")
def layers() -> tuple[nn.Conv2d, nn.Conv2d]:
    """The two last convolutions of GANILLA, with weights that use the whole range."""
    torch.manual_seed(4)
    network = Ganilla().requires_grad_(False)
    return network.fpn.P2_2, network.conv2


def _plainly(layers: tuple[nn.Conv2d, nn.Conv2d], top: Tensor) -> Tensor:
    fpn_out, head = layers
    made: Tensor = head(fpn_out(functional.interpolate(top, scale_factor=2, mode="nearest")))
    return made


@pytest.mark.parametrize("size", [(2, 2), (3, 7), (4, 4), (5, 3), (16, 16), (23, 41)])
def test_tail_equals_the_layers_that_it_stands_for(
    layers: tuple[nn.Conv2d, nn.Conv2d], size: tuple[int, int]
) -> None:
    top = torch.randn(2, 128, *size, generator=torch.Generator().manual_seed(5))
    wanted = _plainly(layers, top)
    assert wanted.std() > 0.1
    torch.testing.assert_close(FoldedTail(*layers)(top), wanted, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("margin", [2, 5])
@pytest.mark.parametrize("height", [1, 2, 3, 11])
def test_strips_with_surroundings_equal_the_whole(
    layers: tuple[nn.Conv2d, nn.Conv2d], height: int, margin: int
) -> None:
    tail = FoldedTail(*layers)
    top = torch.randn(1, 128, 2 * margin + 3 * height, 9)
    strips = []
    start = 0
    for end in (margin + height, margin + 2 * height, top.shape[2]):
        above, below = min(start, margin), min(top.shape[2] - end, margin)
        strips.append(tail(top[:, :, start - above : end + below], above=above, below=below))
        start = end
    torch.testing.assert_close(
        torch.cat(strips, dim=2), _plainly(layers, top), rtol=0, atol=TOLERANCE
    )


def test_a_single_row_of_surroundings_is_refused(layers: tuple[nn.Conv2d, nn.Conv2d]) -> None:
    with pytest.raises(ValueError, match="surroundings of 1 and 0 rows"):
        FoldedTail(*layers)(torch.zeros(1, 128, 8, 8), above=1)


def test_convolutions_without_bias_have_a_tail_too() -> None:
    bare = (
        nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect", bias=False).requires_grad_(False),
        nn.Conv2d(6, 3, 7, padding=3, padding_mode="reflect", bias=False).requires_grad_(False),
    )
    top = torch.randn(1, 4, 6, 6)
    torch.testing.assert_close(FoldedTail(*bare)(top), _plainly(bare, top), rtol=0, atol=TOLERANCE)
