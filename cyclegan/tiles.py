"""Where tiles lie on an image; no pixels.

One axis of an image of 1100 px, core 256, halo 128 (so tiles of 512 at a step of 256):

    0        256       512       768      1024 1100  padded to `multiple`
    |---------|---------|---------|---------|----|
    [....tile 0.........]
              [....tile 1.........]
                        [....tile 2.........]
                               [....tile 3.......]   shifted inwards to end at the padded edge

Each tile *keeps* its core; the first and the last also keep their halo at the image's edge. Kept
parts cover the image exactly once. An image smaller than one tile gets a tile of its own size,
rounded up to the multiple and to the smallest size; what lies outside the image is the business of
whoever reads pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cyclegan.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of one axis: `start` inclusive, `stop` exclusive, in px of the image."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """Length in px."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the image, (y, x) its top-left corner; it may reach past the image's end."""

    y: int
    x: int
    height: int
    width: int


@dataclass(frozen=True)
class TileGrid:
    """The tiles of an image in rows and columns, and what each of them keeps.

    `core` is the step from tile to tile, `halo` the surroundings on each side, so that a tile has
    `core + 2 * halo` px on each axis; tiles start and end on multiples of `multiple`
    and have at least `smallest` px. Raises SettingsError when the numbers do not fit together.
    """

    height: int
    width: int
    core: int = 256
    halo: int = 128
    multiple: int = 1
    smallest: int = 1

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise SettingsError(
                f"an image of {self.height} x {self.width} px has no pixels to tile"
            )
        if self.core < 1 or self.halo < 0 or self.multiple < 1:
            raise SettingsError(
                f"core {self.core}, halo {self.halo}, multiple {self.multiple}: the core and the "
                "multiple must be at least 1 px and the halo at least 0 px"
            )
        if self.core % self.multiple or (self.core + 2 * self.halo) % self.multiple:
            raise SettingsError(
                f"tiles of {self.core + 2 * self.halo} px at a step of {self.core} px do not fit "
                f"the model, which needs multiples of {self.multiple} px; choose others"
            )

    @property
    def rows(self) -> list[Span]:
        """Where the tiles of each row lie on the y axis."""
        return self._spans(self.height)

    @property
    def columns(self) -> list[Span]:
        """Where the tiles of each column lie on the x axis."""
        return self._spans(self.width)

    @property
    def kept_rows(self) -> list[Span]:
        """The part of the y axis that each row of tiles keeps."""
        return self._kept(self.rows, self.height)

    @property
    def kept_columns(self) -> list[Span]:
        """The part of the x axis that each column of tiles keeps."""
        return self._kept(self.columns, self.width)

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)

    def __iter__(self) -> Iterator[Tile]:
        """All tiles; see `tiles`."""
        return self.tiles()

    @property
    def padded(self) -> tuple[int, int]:
        """Height and width in px of what all tiles together cover."""
        return padded_size(self.height, self.width, self.multiple, self.smallest)

    def tiles(self, first_row: int = 0) -> Iterator[Tile]:
        """The tiles from a row of them on, row by row, each row from the left."""
        columns = self.columns
        for row in self.rows[first_row:]:
            for column in columns:
                yield Tile(row.start, column.start, row.size, column.size)

    def _spans(self, length: int) -> list[Span]:
        padded = padded_length(length, self.multiple, self.smallest)
        size = min(self.core + 2 * self.halo, padded)
        count = -(-(padded - size) // self.core) + 1
        starts = (min(i * self.core, padded - size) for i in range(count))
        return [Span(start, start + size) for start in starts]

    def _kept(self, spans: list[Span], length: int) -> list[Span]:
        ends = [i * self.core + self.halo for i in range(1, len(spans))]
        return [Span(a, b) for a, b in zip([0, *ends], [*ends, length], strict=True)]


def padded_length(length: int, multiple: int, smallest: int) -> int:
    """A length in px, rounded up to the multiple and to the smallest that is allowed."""
    return -(-max(length, smallest) // multiple) * multiple


def padded_size(height: int, width: int, multiple: int, smallest: int) -> tuple[int, int]:
    """Height and width in px, both rounded up."""
    return padded_length(height, multiple, smallest), padded_length(width, multiple, smallest)
