"""The linear end of GANILLA's decoder as one convolution at half the size.

After the sum of the pyramid come a doubling to the nearest, a 3x3 and a 7x7 convolution with
nothing between them: together a 9x9 kernel, which on doubled maps is four 5x5 kernels, one for each
of the four pixels that a pixel of the half-size map becomes. That is a ninth of the work, and the
two largest maps of the network are never made.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

REACH = 2
"""Half-size rows that a row of the result reaches into, up and down."""

FRAME = 3
"""Full-size px along the edges of an image where the one convolution is wrong: the original 7x7
mirrors the map of the 3x3, which replicated surroundings of the half-size map do not give."""

BAND = 4
"""Half-size px from an edge inwards of which the original layers make the frame."""


class FoldedTail(nn.Module):
    """What `head(fpn_out(doubled(top)))` gives, both convolutions with mirrored surroundings.

    The weights are composed once, when it is made, in float64 and kept in float32.
    """

    kernel: Tensor
    bias: Tensor

    def __init__(self, fpn_out: nn.Conv2d, head: nn.Conv2d) -> None:
        super().__init__()
        self.fpn_out = fpn_out
        self.head = head
        kernel, bias = _composed(fpn_out, head)
        self.register_buffer("kernel", kernel, persistent=False)
        self.register_buffer("bias", bias, persistent=False)

    def forward(self, top: Tensor, above: int = 0, below: int = 0) -> Tensor:
        """(n, c, h, w) to (n, 3, 2 * (h - above - below), 2 * w), before the tanh.

        The first `above` and the last `below` rows are surroundings, for which nothing is
        returned: 0 where the image itself ends, else at least `REACH` (ValueError). The image ends
        on the left and on the right.
        """
        if above in range(1, REACH) or below in range(1, REACH):
            raise ValueError(f"surroundings of {above} and {below} rows; wanted 0 or >= {REACH}")
        first, last = max(above - REACH, 0), top.shape[2] - max(below - REACH, 0)
        top = top[:, :, first:last]
        above, below = min(above, REACH), min(below, REACH)
        beyond = (REACH, REACH, REACH - above, REACH - below)
        mixed = functional.conv2d(
            functional.pad(top, beyond, mode="replicate"), self.kernel, self.bias
        )
        inner = functional.pixel_shuffle(mixed, 2)
        return self._framed(inner, top, above=above, below=below)

    def _framed(self, inner: Tensor, top: Tensor, *, above: int, below: int) -> Tensor:
        """`inner` with the frame made by the original layers, as far as the image ends there."""
        rows, columns = inner.shape[2:]
        left = min(FRAME, columns)
        right = min(FRAME, columns - left)
        given = slice(2 * above, 2 * (top.shape[2] - below))
        sides = (
            self._original(top[:, :, :, :BAND])[:, :, given, :left],
            inner[:, :, :, left : columns - right],
            self._original(top[:, :, :, -BAND:])[:, :, given, -right:],
        )
        framed = torch.cat(sides if right else sides[:2], dim=3)
        upper = 0 if above else min(FRAME, rows)
        lower = 0 if below else min(FRAME, rows - upper)
        parts = [framed[:, :, upper : rows - lower]]
        if upper:
            parts.insert(0, self._original(top[:, :, :BAND])[:, :, :upper])
        if lower:
            parts.append(self._original(top[:, :, -BAND:])[:, :, -lower:])
        return torch.cat(parts, dim=2)

    def _original(self, top: Tensor) -> Tensor:
        doubled = functional.interpolate(top, scale_factor=2, mode="nearest")
        made: Tensor = self.head(self.fpn_out(doubled))
        return made


def _composed(fpn_out: nn.Conv2d, head: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """The kernel (12, c, 5, 5) and the bias (12,) before pixel_shuffle(2)."""
    with torch.no_grad():
        inner, outer = fpn_out.weight.double(), head.weight.double()
        # outer[o, m, i] * inner[m, c, k], summed over m, lands on [o, c, i + k].
        nine = functional.conv_transpose2d(outer, inner)
        # (3, c, 9, 9): tap s of full-size row 2r + a reads half-size row r + floor((a + s) / 2).
        phases = [
            functional.avg_pool2d(functional.pad(nine, (b, 1 - b, a, 1 - a)), 2, divisor_override=1)
            for a in (0, 1)
            for b in (0, 1)
        ]
        kernel = torch.stack(phases, dim=1).flatten(0, 1)
        # (12, c, 5, 5)
        bias = outer.sum(dim=(2, 3)) @ _bias(fpn_out).double() + _bias(head).double()
        return kernel.float(), bias.repeat_interleave(4).float()


def _bias(convolution: nn.Conv2d) -> Tensor:
    if convolution.bias is None:
        return convolution.weight.new_zeros(convolution.out_channels)
    return convolution.bias
