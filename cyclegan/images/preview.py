"""Writing a small JPEG of an image of any size, for pages and lists."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cyclegan.images.image import Pixels
from cyclegan.images.new_file import NewFile
from cyclegan.images.row_count import RowCount
from cyclegan.images.srgb import srgb_profile

LONGEST_PX = 1600
QUALITY = 90


class PreviewWriter:
    """Shrinks the rows as they come, to at most 1600 px on the longer side; follows `image.Writer`.

    Blocks of `factor` x `factor` px are averaged on the way, and the rest of the shrinking is done
    when closed. Memory is bounded by some 40 MB for any image. Spacing and description are
    not kept: JPEG has no room for a spacing below 0.39 µm.
    """

    def __init__(
        self,
        path: Path,
        *,
        height: int,
        width: int,
        spacing_um: float | None,
        description: str = "",
    ) -> None:
        del spacing_um, description
        self._count = RowCount(height=height, width=width)
        self._factor = max(1, max(height, width) // LONGEST_PX)
        self._blocks: list[Pixels] = []
        self._waiting: list[Pixels] = []
        self._file = NewFile(path)

    def write(self, rows: Pixels) -> None:
        """Append rows, (n, width, 3) uint8."""
        self._count.add(rows)
        waiting = np.concatenate([*self._waiting, rows])
        whole = len(waiting) // self._factor * self._factor
        for top in range(0, whole, self._factor):
            self._blocks.append(mean_row(waiting[top : top + self._factor], self._factor))
        self._waiting = [waiting[whole:].copy()] if whole < len(waiting) else []

    def close(self) -> None:
        """Shrink to the final size, force the file to disk and give it its name."""
        try:
            self._count.finish()
            self._save()
            self._file.publish()
        finally:
            self._file.discard()

    def abort(self) -> None:
        """Throw away what was written."""
        self._file.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()

    def _save(self) -> None:
        self._blocks += [mean_row(rows, self._factor) for rows in self._waiting]
        height, width = self._count.height, self._count.width
        scale = min(1.0, LONGEST_PX / max(height, width))
        picture = Image.fromarray(np.stack(self._blocks)).resize(
            (max(1, round(width * scale)), max(1, round(height * scale))),
            Image.Resampling.BOX,
            # The last blocks may be cut short by the image's edge.
            box=(0, 0, width / self._factor, height / self._factor),
        )
        picture.save(
            self._file.path, "JPEG", quality=QUALITY, subsampling=0, icc_profile=srgb_profile()
        )


def mean_row(rows: Pixels, factor: int) -> Pixels:
    """Means of blocks of `factor` px of width and all rows, (ceil(width / factor), 3) uint8.

    The last block may be narrower.
    """
    starts = np.arange(0, rows.shape[1], factor)
    # (n, width, 3) -> (width, 3) -> (blocks, 3)
    totals = np.add.reduceat(rows.sum(axis=0, dtype=np.uint32), starts, axis=0)
    widths = np.diff([*starts, rows.shape[1]])
    areas: NDArray[np.int64] = len(rows) * widths[:, None]
    means: Pixels = ((totals + areas // 2) // areas).astype(np.uint8)
    return means
