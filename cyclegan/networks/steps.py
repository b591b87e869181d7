"""A generator told as steps: one convolution after the other, up to the last norm layer.

Between two norm layers a generator is local, so whoever has the statistics of the maps so far can
compute the next map strip by strip (`engines/staged.py`), and whoever has all of them can fold them
into the convolutions (`folded.py`). The networks' `forward` says the same at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from torch import Tensor, nn

IMAGE = "image"
"""The map that is the network's input."""


@dataclass(frozen=True)
class Operand:
    """A map as a later step reads it: normalised if its own step has a norm layer."""

    map: str
    """Name of the step that made it, or `IMAGE`."""
    relu: bool = True
    """Whether negative values become 0 after that."""


@dataclass(frozen=True)
class Step:
    """One convolution with what it reads, giving a raw map: not yet normalised."""

    name: str
    """Of the map; where there is a norm layer, that of the layer in the network."""
    operands: tuple[Operand, ...]
    """Concatenated along the channels in this order; summed where there is no convolution."""
    conv: nn.Conv2d | nn.ConvTranspose2d | None
    """Its own padding does not count; a transposed one doubles the size."""
    padding: int = 0
    """px of the maps read that are added on each side."""
    reflect: bool = True
    """Whether those are the mirror image, or else zeros."""
    norm: nn.Module | None = None
    """The layer that normalises the map whenever it is read."""
    pool: bool = False
    """Whether of the raw map only the 3 x 3 maxima at stride 2 are kept, mirrored by 1 px.

    The statistics are those of the whole map. Taking maxima before or after normalising is the
    same, because both the norm and the ReLU only ever rise.
    """


class Decoder(Protocol):
    """What comes after the last norm layer; an nn.Module."""

    margin: ClassVar[int]
    """px of the image that a strip's maps must reach beyond it, above and below."""

    def __call__(self, maps: Sequence[Tensor], above: int = 0, below: int = 0) -> Tensor:
        """The image, (n, 3, height, width) in -1..1, of some rows of the maps of `features`.

        `above` and `below` are the px of surroundings that the maps have: `margin`, or 0 at the
        image's own edge.
        """
