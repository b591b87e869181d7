"""The linear end of GANILLA's decoder, computed where the maps are small.

The last sum of the pyramid is a 1x1 convolution of the encoder's finest map, at half the size, plus
the doubled sum of the coarser levels, at a quarter. After it come a doubling to the nearest, a 3x3
and a 7x7 convolution, with nothing between them: together a 9x9 kernel, which on doubled maps is
four 5x5 kernels, one for each of the four pixels that a value of the half-size map becomes. Being
linear, it takes the two addends apart: the finest map by a 5x5 kernel into which the 1x1 is
multiplied, the coarser sum, doubled twice, by 16 kernels of 3x3. That is a tenth of the work, and
none of the network's largest maps is ever made.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

REACH = 1
"""Quarter-size rows that a row of the result reaches into, up and down."""

FRAME = 4
"""Full-size px along the edges of an image that the composed kernels do not give, because the
original layers mirror their own maps there."""

BAND = 2
"""Quarter-size px from an edge inwards of which the original layers make the frame."""


class FoldedTail(nn.Module):
    """What `head(fpn_out(doubled(lateral(fine) + doubled(coarse))))` gives, edges included.

    The weights are composed once, when it is made, in float64 and kept in float32.
    """

    fine: Tensor
    coarse: Tensor
    bias: Tensor

    def __init__(self, lateral: nn.Conv2d, fpn_out: nn.Conv2d, head: nn.Conv2d) -> None:
        super().__init__()
        self.lateral = lateral
        self.fpn_out = fpn_out
        self.head = head
        for name, values in _composed(lateral, fpn_out, head).items():
            self.register_buffer(name, values.float(), persistent=False)

    def forward(self, fine: Tensor, coarse: Tensor, above: int = 0, below: int = 0) -> Tensor:
        """(n, c, 2h, 2w) and (n, d, h, w) to (n, 3, 4 * (h - above - below), 4w), before the tanh.

        The first `above` and the last `below` rows of `coarse` are surroundings, for which nothing
        is returned: 0 where the image itself ends, else at least `REACH`. The image ends on the
        left and on the right.
        """
        fine = _between(fine, 2 * max(above - REACH, 0), 2 * max(below - REACH, 0))
        coarse = _between(coarse, max(above - REACH, 0), max(below - REACH, 0))
        above, below = min(above, REACH), min(below, REACH)
        # What the padding gives is cut off, or covered by the frame.
        inner = functional.conv2d(coarse, self.coarse, padding=1)
        inner = functional.pixel_shuffle(_between(inner, above, below), 4)
        beside = functional.conv2d(fine, self.fine, self.bias, padding=2)
        inner = inner + functional.pixel_shuffle(_between(beside, 2 * above, 2 * below), 2)
        return self._framed(inner, fine, coarse, above=above, below=below)

    def _framed(
        self, inner: Tensor, fine: Tensor, coarse: Tensor, *, above: int, below: int
    ) -> Tensor:
        """`inner` with the frame made by the original layers, as far as the image ends there."""
        left = self._original(fine[..., : 2 * BAND], coarse[..., :BAND])
        right = self._original(fine[..., -2 * BAND :], coarse[..., -BAND:])
        sides = (
            _between(left, 4 * above, 4 * below)[..., :FRAME],
            inner[..., FRAME:-FRAME],
            _between(right, 4 * above, 4 * below)[..., -FRAME:],
        )
        upper, lower = (0 if beyond else FRAME for beyond in (above, below))
        parts = [_between(torch.cat(sides, dim=3), upper, lower)]
        if upper:
            top = self._original(fine[:, :, : 2 * BAND], coarse[:, :, :BAND])
            parts.insert(0, top[:, :, :upper])
        if lower:
            bottom = self._original(fine[:, :, -2 * BAND :], coarse[:, :, -BAND:])
            parts.append(bottom[:, :, -lower:])
        return torch.cat(parts, dim=2)

    def _original(self, fine: Tensor, coarse: Tensor) -> Tensor:
        made: Tensor = self.head(self.fpn_out(doubled(self.lateral(fine) + doubled(coarse))))
        return made


def _between(maps: Tensor, above: int, below: int) -> Tensor:
    """The maps without their first and last rows."""
    return maps[:, :, above : -below or None]


def _composed(lateral: nn.Conv2d, fpn_out: nn.Conv2d, head: nn.Conv2d) -> dict[str, Tensor]:
    """Float64: `fine` (12, c, 5, 5), `coarse` (48, d, 3, 3) and `bias` (12,)."""
    with torch.no_grad():
        inner, outer = fpn_out.weight.double(), head.weight.double()
        # outer[o, m, i] * inner[m, c, k], summed over m, lands on [o, c, i + k].
        nine = functional.conv_transpose2d(outer, inner)
        five = _before_doubling(nine)
        level = lateral.weight.double()[:, :, 0, 0]
        bias = outer.sum(dim=(2, 3)) @ _bias(fpn_out) + _bias(head)
        bias = bias.repeat_interleave(4) + five.sum(dim=(2, 3)) @ _bias(lateral)
        return {
            "fine": torch.einsum("omyx,mc->ocyx", five, level),
            "coarse": _shuffled(_before_doubling(five)),
            "bias": bias,
        }


def _before_doubling(kernel: Tensor) -> Tensor:
    """(o, c, 4k + 1, 4k + 1) on doubled maps as (4 * o, c, 2k + 1, 2k + 1) on the maps themselves.

    The four pixels that a value becomes follow each other, in the order of `pixel_shuffle`. Tap s
    of row 2r + a reads row r + floor((a + s) / 2) of the map, and columns alike.
    """
    phases = [
        functional.avg_pool2d(functional.pad(kernel, (b, 1 - b, a, 1 - a)), 2, divisor_override=1)
        for a in (0, 1)
        for b in (0, 1)
    ]
    return torch.stack(phases, dim=1).flatten(0, 1)


def _shuffled(kernel: Tensor) -> Tensor:
    """Channels for two times `pixel_shuffle(2)` brought into the order of `pixel_shuffle(4)`."""
    # First the pixel within the half-size map's, then the half-size map's within the quarter's.
    parts = kernel.view(3, 2, 2, 2, 2, *kernel.shape[1:])
    return parts.permute(0, 3, 1, 4, 2, 5, 6, 7).flatten(0, 4)


def _bias(convolution: nn.Conv2d) -> Tensor:
    if convolution.bias is None:
        return convolution.weight.new_zeros(convolution.out_channels, dtype=torch.float64)
    return convolution.bias.double()


def doubled(x: Tensor) -> Tensor:
    """Maps at twice the size, each value four times."""
    return functional.interpolate(x, scale_factor=2, mode="nearest")
