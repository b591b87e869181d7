"""The pipeline: an image is cut into patches, translated and put together again.

with prepare(reader, engine, room=Room(scratch)) as plan:
    with create_image(path, ..., description=json.dumps(plan.provenance())) as writer:
        translate(reader, writer, plan)
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from cyclegan.blend import BLENDS, beginnings, needed_before, reassemble
from cyclegan.engines.engine import Batch, Engine, Patchwise, Room, Stripwise, Watch
from cyclegan.errors import SettingsError
from cyclegan.images.image import Pixels, Reader, Writer
from cyclegan.preprocess import batches
from cyclegan.tiles import TileGrid


@dataclass(frozen=True)
class Tiling:
    """The translation of an image patch by patch."""

    prepared: Patchwise
    grid: TileGrid
    blend: str

    def provenance(self) -> dict[str, object]:
        """The tiling as plain JSON values."""
        return {
            "tile": self.grid.core + 2 * self.grid.halo,
            "halo": self.grid.halo,
            "blend": self.blend,
            "patches": len(self.grid),
        }


@dataclass(frozen=True)
class Plan:
    """How one image will be translated: decided before its result is opened for writing.

    A context manager, because it may hold scratch space.
    """

    way: Tiling | Stripwise

    def provenance(self) -> dict[str, object]:
        """The engine and the tiling as plain JSON values, for the result's record."""
        if isinstance(self.way, Tiling):
            return {**self.way.prepared.provenance(), **self.way.provenance()}
        return dict(self.way.provenance())

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
) -> Plan:
    """Prepare the engine for the image and lay out its tiles, if it works with tiles.

    `tile` is a tile's height and width in px with its halo; None stands for what suits the model
    and the device. Raises SettingsError when they do not fit together or the blend is unknown, and
    Cancelled.
    """
    if blend is not None and blend not in BLENDS:
        raise SettingsError(f"there is no blend {blend!r}; choose one of {', '.join(BLENDS)}")
    prepared = engine.prepare(reader, room, watch or Watch())
    if not isinstance(prepared, Patchwise):
        return Plan(prepared)
    try:
        grid = _grid(reader, prepared, tile=tile, halo=halo)
    except SettingsError:
        prepared.close()
        raise
    return Plan(Tiling(prepared, grid, blend or prepared.blend))


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
    """Write the translation of the image, strip by strip; nothing is closed.

    The rows above `top` are left out: it is a row at which a strip of an earlier translation by the
    same plan began. `batch` patches (None: what the engine likes best) are cut at a time by
    `workers` processes. Raises Cancelled when the watch says so, and ValueError when no strip
    begins at `top`.
    """
    watch = watch or Watch()
    if isinstance(plan.way, Tiling):
        strips = _tiled(reader, plan.way, top, batch=batch, workers=workers, watch=watch)
    else:
        strips = _stripped(plan.way, top, reader.info.height, watch)
    with closing(strips):
        for rows in strips:
            writer.write(rows)


def _grid(reader: Reader, prepared: Patchwise, *, tile: int | None, halo: int | None) -> TileGrid:
    margin = prepared.halo if halo is None else halo
    size = prepared.tile if tile is None else tile
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
    wanted = beginnings(way.grid, way.blend).index(top)
    first = needed_before(way.grid, way.blend, wanted)
    tiles = list(way.grid.tiles(first))
    patches = batches(reader, tiles, batch or way.prepared.batch, workers)
    with closing(_translated(patches, way, len(tiles), watch)) as done:
        strips = reassemble(way.grid, done, blend=way.blend, first_row=first)
        for _ in range(first, wanted):
            next(strips)
        yield from strips


def _translated(
    patches: Generator[Batch, None, None], way: Tiling, remaining: int, watch: Watch
) -> Generator[Batch, None, None]:
    total, prepared = len(way.grid), way.prepared
    done = total - remaining
    with closing(patches):
        for batch in patches:
            watch.check()
            result = prepared(batch)
            done += len(batch)
            watch.on_progress(prepared.done + (1 - prepared.done) * done / total)
            yield result
