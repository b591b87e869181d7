"""The end of a generator that normalises up to the full size: one convolution and a tanh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional


class Head(nn.Module):
    """The last convolution, of at most 9 x 9 values, for whole maps or strips of them."""

    margin: ClassVar[int] = 4

    def __init__(self, head: nn.Conv2d) -> None:
        super().__init__()
        self._head = head

    def forward(self, maps: Sequence[Tensor], above: int = 0, below: int = 0) -> Tensor:
        """See `steps.Decoder`."""
        [x] = maps
        reach = self._head.kernel_size[0] // 2
        sides = (reach, reach, 0 if above else reach, 0 if below else reach)
        x = x[:, :, max(0, above - reach) : x.shape[2] - max(0, below - reach)]
        padded = functional.pad(x, sides, mode="reflect")
        image = functional.conv2d(padded, self._head.weight, self._head.bias)
        return image.tanh()
