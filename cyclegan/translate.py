"""The pipeline: an image is cut into patches, translated and put together again.

with prepare(reader, engine, room=Room(scratch)) as plan:
    with create_image(path, ..., description=json.dumps(plan.provenance())) as writer:
        translate(reader, writer, plan)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import numpy as np

from cyclegan.ahead import ahead
from cyclegan.blend import BLENDS, beginnings, needed_before, reassemble
from cyclegan.engines.engine import Batch, Engine, Patchwise, Room, Stripwise, Watch
from cyclegan.errors import SettingsError
from cyclegan.images.image import Pixels, Reader, Writer
from cyclegan.images.placement import Placement
from cyclegan.preprocess import batches
from cyclegan.tiles import Tile, TileGrid
from cyclegan.tissue import WHITE, TissueMask


@dataclass(frozen=True)
class Tiling:
    """The translation of an image patch by patch."""

    prepared: Patchwise
    grid: TileGrid
    blend: str
    skipped: Sequence[bool]
    """Of each tile of the grid, whether nothing of it is seen, so that it is not translated."""

    def provenance(self) -> dict[str, object]:
        """The tiling as plain JSON values; `patches` are those that are translated."""
        return {
            "tile": self.grid.core + 2 * self.grid.halo,
            "halo": self.grid.halo,
            "blend": self.blend,
            "patches": len(self.grid) - sum(self.skipped),
        }


@dataclass(frozen=True)
class Plan:
    """How one image will be translated: decided before its result is opened for writing.

    A context manager, because it may hold scratch space.
    """

    way: Tiling | Stripwise
    blank: TissueMask | None = None
    """What is left white, if anything is."""

    def provenance(self) -> dict[str, object]:
        """The engine, the tiling and what is left white, as plain JSON values, for the record."""
        left = self.blank.provenance() if self.blank else {}
        if isinstance(self.way, Tiling):
            return {**self.way.prepared.provenance(), **self.way.provenance(), **left}
        return {**self.way.provenance(), **left}

    def close(self) -> None:
        """Give back what preparing has taken; a second call does nothing."""
        (self.way.prepared if isinstance(self.way, Tiling) else self.way).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def prepare(
    reader: Reader,
    engine: Engine,
    *,
    room: Room,
    watch: Watch | None = None,
    tile: int | None = None,
    halo: int | None = None,
    blend: str | None = None,
    blank: TissueMask | None = None,
) -> Plan:
    """Prepare the engine for the image and lay out its tiles, if it works with tiles.

    `tile` is a tile's height and width in px with its halo; None stands for what suits the model
    and the device. What `blank` calls blank becomes white, the same pixels for every tiling, and
    tiles of which nothing else is seen are not translated. Raises SettingsError when they do not
    fit together or the blend is unknown, and Cancelled.
    """
    if blend is not None and blend not in BLENDS:
        raise SettingsError(f"there is no blend {blend!r}; choose one of {', '.join(BLENDS)}")
    prepared = engine.prepare(reader, replace(room, tissue=blank), watch or Watch())
    if not isinstance(prepared, Patchwise):
        return Plan(prepared, blank)
    try:
        grid = _grid(reader, prepared, tile=tile, halo=halo)
    except SettingsError:
        prepared.close()
        raise
    blend = blend or prepared.blend
    return Plan(Tiling(prepared, grid, blend, _skipped(grid, blend, blank)), blank)


def translate(
    reader: Reader,
    writer: Writer,
    plan: Plan,
    *,
    top: int = 0,
    batch: int | None = None,
    workers: int = 0,
    watch: Watch | None = None,
) -> None:
    """Write the translation of the image, piece by piece; nothing is closed.

    The rows above `top` are left out: an earlier translation by the same plan has written them.
    `batch` patches (None: what the engine likes best) are cut at a time by `workers` threads, while
    the engine works on earlier ones and still earlier ones are written. Raises Cancelled when the
    watch says so, and ValueError when a stripwise translation has no strip that begins at `top`.
    """
    watch = watch or Watch()
    if isinstance(plan.way, Tiling):
        pieces = _tiled(reader, plan.way, top, batch=batch, workers=workers, watch=watch)
    else:
        pieces = _stripped(plan.way, top, reader.info.height, watch)
    placement = Placement(height=reader.info.height, width=reader.info.width, done=top)
    with closing(pieces):
        for piece in pieces:
            place = placement.add(piece)
            writer.write(plan.blank.whitened(piece, *place) if plan.blank else piece)
            del piece  # so that it is gone while the next is made


def _skipped(grid: TileGrid, blend: str, blank: TissueMask | None) -> list[bool]:
    if blank is None:
        return [False] * len(grid)
    # Where tiles are mixed, the whole of one has a part in what is seen.
    rows, columns = (
        (grid.kept_rows, grid.kept_columns) if blend == "crop" else (grid.rows, grid.columns)
    )
    return [
        blank.is_blank(row.start, column.start, row.size, column.size)
        for row in rows
        for column in columns
    ]


def _grid(reader: Reader, prepared: Patchwise, *, tile: int | None, halo: int | None) -> TileGrid:
    margin = prepared.halo if halo is None else halo
    size = tile
    if size is None:
        size = prepared.tile if halo is None else max(prepared.tile, 4 * halo)
    if size <= 2 * margin:
        raise SettingsError(
            f"a tile of {size} px has nothing left inside a halo of {margin} px on each side; "
            f"choose a tile larger than {2 * margin} px"
        )
    return TileGrid(
        reader.info.height,
        reader.info.width,
        core=size - 2 * margin,
        halo=margin,
        multiple=prepared.multiple,
        smallest=prepared.smallest,
    )


def _stripped(
    prepared: Stripwise, top: int, height: int, watch: Watch
) -> Generator[Pixels, None, None]:
    done = top
    watch.check()
    for rows in prepared.strips(top):
        done += len(rows)
        watch.on_progress(prepared.done + (1 - prepared.done) * done / height)
        yield rows
        watch.check()


def _tiled(
    reader: Reader, way: Tiling, top: int, *, batch: int | None, workers: int, watch: Watch
) -> Generator[Pixels, None, None]:
    if top == reader.info.height:
        return
    starts = beginnings(way.grid, way.blend)
    first = needed_before(way.grid, way.blend, bisect_right(starts, top) - 1)
    tiles = list(way.grid.tiles(first))
    with closing(_patches(reader, way, tiles, batch=batch, workers=workers, watch=watch)) as done:
        placement = Placement(height=way.grid.height, width=way.grid.width, done=starts[first])
        for piece in reassemble(way.grid, done, blend=way.blend, first_row=first):
            above = max(0, top - placement.add(piece)[0])
            if above < len(piece):
                yield piece[above:]


def _patches(
    reader: Reader,
    way: Tiling,
    tiles: Sequence[Tile],
    *,
    batch: int | None,
    workers: int,
    watch: Watch,
) -> Generator[Batch, None, None]:
    """The translations of the last tiles of a grid in their order; a skipped one is white."""
    skipped = way.skipped[len(way.grid) - len(tiles) :]
    seen = [tile for tile, skip in zip(tiles, skipped, strict=True) if not skip]
    if not seen:
        watch.on_progress(1.0)
    cut = batches(reader, seen, batch or way.prepared.batch, workers)
    with closing(_translated(cut, way, len(seen), watch)) as done:
        if len(seen) == len(tiles):
            yield from done
        else:
            yield from _filled(done, tiles, skipped, watch)


def _filled(
    done: Iterator[Batch], tiles: Sequence[Tile], skipped: Sequence[bool], watch: Watch
) -> Iterator[Batch]:
    """Translations, one at a time, and white where they are missing."""
    shape = (1, tiles[0].height, tiles[0].width, 3)
    white = np.broadcast_to(np.uint8(WHITE), shape)
    patches = (patch[np.newaxis] for batch in done for patch in batch)
    for skip in skipped:
        if skip:
            watch.check()
        yield white if skip else next(patches)


def _translated(
    patches: Generator[Batch, None, None], way: Tiling, remaining: int, watch: Watch
) -> Generator[Batch, None, None]:
    total, prepared = len(way.grid) - sum(way.skipped), way.prepared
    done, lanes = total - remaining, prepared.lanes
    pool = ThreadPoolExecutor(lanes, thread_name_prefix="lane")
    # The patch beyond the lanes waits, so that a lane that has ended need not.
    with closing(patches), closing(ahead(pool, prepared, patches, most=lanes + 1)) as results:
        while done < total:
            watch.check()
            result = next(results)
            done += len(result)
            watch.on_progress(prepared.done + (1 - prepared.done) * done / total)
            yield result
