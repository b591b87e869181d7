"""Where in an image a crop is taken: mostly on tissue, now and then at its edge or beside it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from cyclegan.images.image import Reader
from cyclegan.tissue import MARGIN, TissueMask, find_tissue

SHARES = {"tissue": 0.8, "edge": 0.1, "blank": 0.1}
"""How often a crop's middle lies where; glass is to be learned, too, but need not be seen often.
Where an image has none of a kind, the first that it has is taken."""
OVERVIEW_PX = 4096
"""Longer side, at least, of the level in which tissue is looked for: all of a slide takes
minutes."""
NOWHERE = np.empty(0, dtype=np.intp)


class Ground:
    """The tissue, the edges and the blank of one image, in blocks."""

    def __init__(self, reader: Reader) -> None:
        """Look at an image, or at the coarser one that its file has."""
        self._size = reader.info.height, reader.info.width
        overview = reader.overview(OVERVIEW_PX)
        mask = find_tissue(overview)
        self._block = mask.block * self._size[0] / overview.info.height
        self._columns = mask.tissue.shape[1]
        self._kinds = _kinds(mask)
        tissue = self._kinds.get("tissue", NOWHERE)
        self.tissue_share = tissue.size / mask.tissue.size
        """The part of its blocks that hold tissue, 0..1."""

    @property
    def tissue_px(self) -> float:
        """Pixels of tissue; a block at least, so that glass alone is seen sometimes."""
        return max(self.tissue_share * self._size[0] * self._size[1], self._block**2)

    def draw(self, rng: Generator, size: int, kind: str | None = None) -> tuple[int, int]:
        """The top-left corner (y, x) of a crop of `size` px whose middle lies in a block.

        Without a kind of block, a key of `SHARES`, that is drawn, too. The crop lies inside the
        image, or in its middle along an axis that is shorter; then the corner is negative.
        """
        wanted = kind or rng.choice(list(SHARES), p=list(SHARES.values()))
        blocks = next(
            found for name in (wanted, *SHARES) if (found := self._kinds.get(name)) is not None
        )
        row, column = divmod(int(blocks[rng.integers(len(blocks))]), self._columns)
        middle = (np.array([row, column]) + rng.random(2)) * self._block
        y, x = (
            _inside(place - size / 2, length - size)
            for place, length in zip(middle, self._size, strict=True)
        )
        return y, x


def _kinds(mask: TissueMask) -> dict[str, NDArray[np.intp]]:
    """The numbers of the blocks, row by row, of each kind that there is."""
    # What was found to be tissue has a margin of one block.
    tissue = ndimage.binary_erosion(mask.tissue, MARGIN, border_value=True)
    kinds = {"tissue": tissue, "edge": mask.tissue & ~tissue, "blank": ~mask.tissue}
    return {name: np.flatnonzero(flags) for name, flags in kinds.items() if flags.any()}


def _inside(start: float, last: int) -> int:
    return last // 2 if last < 0 else int(np.clip(round(start), 0, last))
