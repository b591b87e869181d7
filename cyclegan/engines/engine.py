"""What translates a batch of patches: the protocol that every engine follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cyclegan.images.image import Reader

Batch = NDArray[np.uint8]
"""(n, height, width, 3) uint8, RGB, 0..255."""


class Engine(Protocol):
    """Translates patches; `prepare` is called once per image, before the first patch."""

    @property
    def halo(self) -> int:
        """Pixels of surroundings that the engine wants around the part of a patch that is kept."""

    @property
    def multiple(self) -> int:
        """Height and width of a patch must be multiples of this."""

    @property
    def batch(self) -> int:
        """How many patches are best handed over at once on this engine's device."""

    def prepare(self, reader: Reader) -> None:
        """Take from the whole image what all patches share (dye colours, statistics)."""

    def __call__(self, batch: Batch) -> Batch:
        """The translation of a batch, of the same shape; the argument is not changed."""

    def provenance(self) -> Mapping[str, object]:
        """What was used for the prepared image, as plain JSON values, for the result's record."""
