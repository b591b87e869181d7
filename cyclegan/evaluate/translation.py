"""Fields of one image's translation, pixel by pixel as the whole translation has them.

Tiles that a field does not meet are not translated, unless nearly all would be; a translation that
is made strip by strip is made as a whole. What was made waits in a scratch file.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from cyclegan.engines.engine import Engine, Room, Watch
from cyclegan.evaluate.field import Lines
from cyclegan.evaluate.sites import FIELD_PX, FIELDS
from cyclegan.images.crop import Crop
from cyclegan.images.image import ImageInfo, Pixels, Reader, Writer
from cyclegan.images.placement import Placement
from cyclegan.images.positioned import write_piece
from cyclegan.images.region import Region
from cyclegan.images.spool import Decoded, SpoolReader, new_spool
from cyclegan.preprocess import cut
from cyclegan.tiles import Span, Tile, TileGrid
from cyclegan.translate import Plan, Tiling, prepare, translate

WHOLE_PX = FIELDS * FIELD_PX**2
"""Up to this size an image is translated as a whole, once, since all of it is measured."""


class Translation:
    """One image's translation by one engine; a context manager, because it may hold much.

    An image of at most `whole_px` is translated as a whole.
    """

    def __init__(
        self,
        reader: Reader,
        engine: Engine,
        *,
        room: Room,
        watch: Watch | None = None,
        whole_px: int = WHOLE_PX,
    ) -> None:
        self._reader = reader
        self._room = room
        self._watch = watch or Watch()
        self._whole_px = whole_px
        self._held = ExitStack()
        self._plan = self._held.enter_context(prepare(reader, engine, room=room, watch=self._watch))
        self._whole: SpoolReader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()

    def read(self, region: Region) -> Pixels:
        """The translation of a region, (height, width, 3) uint8.

        Raises what translating and reading the image raise.
        """
        way, info = self._plan.way, self._reader.info
        if isinstance(way, Tiling) and info.height * info.width > self._whole_px:
            return self._part(way, region)
        if self._whole is None:
            self._whole = self._held.enter_context(self._spooled(self._reader, self._plan))
        return self._whole.read(*region)

    def lines(self, region: Region) -> Lines:
        """Where tiles meet inside a region; nowhere if the image is not translated in tiles."""
        way = self._plan.way
        if not isinstance(way, Tiling):
            return Lines()
        grid = way.grid
        rows = _borders(grid.rows, grid.kept_rows, way.blend)
        columns = _borders(grid.columns, grid.kept_columns, way.blend)
        return Lines(
            [y - region.y for y in rows if region.y < y < region.y + region.height],
            [x - region.x for x in columns if region.x < x < region.x + region.width],
        )

    def twice(self) -> list[tuple[Pixels, Pixels]]:
        """The same place near the middle of the image in two tiles; none if there is one tile."""
        way = self._plan.way
        if not isinstance(way, Tiling) or len(way.grid) < 2:
            return []
        first, second, shared = _two_tiles(way.grid)
        if not (shared.height and shared.width):
            return []
        made = [way.prepared(cut(self._reader, [tile]))[0] for tile in (first, second)]
        return [(_inside(made[0], first, shared), _inside(made[1], second, shared))]

    def _part(self, way: Tiling, region: Region) -> Pixels:
        """A region out of all tiles that meet it, each of which is where it is in the image."""
        grid = way.grid
        down = _meeting(grid.rows, region.y, region.height, grid.height)
        across = _meeting(grid.columns, region.x, region.width, grid.width)
        part = Crop(self._reader, down.start, across.start, down.size, across.size)
        cells = replace(grid, height=down.size, width=across.size)
        plan = Plan(replace(way, grid=cells, skipped=[False] * len(cells)))
        with self._spooled(part, plan) as made:
            return made.read(
                region.y - down.start, region.x - across.start, region.height, region.width
            )

    def _spooled(self, reader: Reader, plan: Plan) -> SpoolReader:
        path, info = new_spool(self._room.scratch), reader.info
        with ExitStack() as undo:
            undo.callback(path.unlink)
            with _Rows(path, info) as rows:
                translate(reader, rows, plan, watch=self._watch)
            undo.pop_all()
        return SpoolReader(path, Decoded(info, info.height, info.width, orientation=1))


def _borders(tiles: list[Span], kept: list[Span], blend: str) -> list[int]:
    """Where a step can be seen along an axis: where the kept parts meet, or where tiles are mixed,
    where one begins or ends."""
    if blend == "crop":
        return [span.start for span in kept[1:]]
    return sorted({s.start for s in tiles[1:]} | {s.stop for s in tiles[:-1]})


def _meeting(tiles: list[Span], start: int, size: int, length: int) -> Span:
    """What the tiles that meet an interval of an axis cover of the image."""
    met = [tile for tile in tiles if tile.stop > start and tile.start < start + size]
    return Span(met[0].start, min(met[-1].stop, length))


def _two_tiles(grid: TileGrid) -> tuple[Tile, Tile, Region]:
    """A tile, one half a step beside it, and what both have at least a halo inside."""
    spans = [
        _two_spans(tiles, grid, length, padded)
        for tiles, length, padded in (
            (grid.rows, grid.height, grid.padded[0]),
            (grid.columns, grid.width, grid.padded[1]),
        )
    ]
    (y, other_y, down), (x, other_x, across) = spans
    return (
        Tile(y.start, x.start, y.size, x.size),
        Tile(other_y.start, other_x.start, other_y.size, other_x.size),
        Region(down.start, across.start, max(down.size, 0), max(across.size, 0)),
    )


def _two_spans(
    tiles: list[Span], grid: TileGrid, length: int, padded: int
) -> tuple[Span, Span, Span]:
    """Along one axis: a tile, it moved by half a step or as far as there is room, what both are
    sure of."""
    first = tiles[len(tiles) // 2]
    half = max(grid.core // 2 // grid.multiple, 1) * grid.multiple if len(tiles) > 1 else 0
    move = min(half, padded - first.stop) or -min(half, first.start)
    second = Span(first.start + move, first.stop + move)
    sure = [
        (
            span.start + grid.halo if span.start else 0,
            span.stop - grid.halo if span.stop < padded else length,
        )
        for span in (first, second)
    ]
    return first, second, Span(max(s for s, _ in sure), min(e for _, e in sure))


def _inside(patch: Pixels, tile: Tile, region: Region) -> Pixels:
    y, x = region.y - tile.y, region.x - tile.x
    return patch[y : y + region.height, x : x + region.width]


class _Rows(Writer):
    """Writes pieces into a file of whole rows."""

    def __init__(self, path: Path, info: ImageInfo) -> None:
        self._placement = Placement(height=info.height, width=info.width)
        self._file = path.open("wb", buffering=0)

    def write(self, piece: Pixels) -> None:
        """Write the piece to its place."""
        place = self._placement.add(piece)
        write_piece(self._file.fileno(), piece, *place, width=self._placement.width)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def abort(self) -> None:
        """Close the file; who has made it removes it."""
        self._file.close()
