"""The pipeline: an image is cut into patches, translated and put together again.

plan = prepare(reader, engine)
with create_image(path, ..., description=json.dumps(plan.provenance())) as writer:
    translate(reader, writer, engine, plan)
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

from cyclegan.blend import BLENDS, reassemble
from cyclegan.engines.engine import Batch, Engine
from cyclegan.errors import Cancelled, SettingsError
from cyclegan.images.image import Reader, Writer
from cyclegan.preprocess import batches
from cyclegan.tiles import TileGrid


@dataclass(frozen=True)
class Plan:
    """How one image will be translated: decided before its result is opened for writing."""

    grid: TileGrid
    blend: str
    engine: dict[str, object]
    """What the engine says of itself for this image."""

    def provenance(self) -> dict[str, object]:
        """The engine and the tiling as plain JSON values, for the result's record."""
        size = self.grid.core + 2 * self.grid.halo
        tiling = {
            "tile": size,
            "halo": self.grid.halo,
            "blend": self.blend,
            "patches": len(self.grid),
        }
        return {**self.engine, **tiling}


def prepare(
    reader: Reader,
    engine: Engine,
    *,
    tile: int = 512,
    halo: int | None = None,
    blend: str = "average",
) -> Plan:
    """Prepare the engine for the image and lay out its tiles.

    `tile` is a tile's height and width in px with its halo; `halo` None means what the engine asks
    for. Raises SettingsError when they do not fit together or the blend is unknown.
    """
    if blend not in BLENDS:
        raise SettingsError(f"there is no blend {blend!r}; choose one of {', '.join(BLENDS)}")
    margin = engine.halo if halo is None else halo
    if tile <= 2 * margin:
        raise SettingsError(
            f"a tile of {tile} px has nothing left inside a halo of {margin} px on each side; "
            f"choose a tile larger than {2 * margin} px"
        )
    grid = TileGrid(
        reader.info.height,
        reader.info.width,
        core=tile - 2 * margin,
        halo=margin,
        multiple=engine.multiple,
    )
    engine.prepare(reader)
    return Plan(grid, blend, dict(engine.provenance()))


def translate(
    reader: Reader,
    writer: Writer,
    engine: Engine,
    plan: Plan,
    *,
    batch: int | None = None,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write the translation of the whole image, strip by strip; neither end is closed.

    `batch` patches (None: what the engine likes best) are cut at a time by `workers` processes.
    `on_progress` is told (patches done, patches in all) after each batch; `cancelled` is asked
    before each, and ends the translation with Cancelled.
    """
    patches = batches(reader, plan.grid, batch or engine.batch, workers)
    with closing(_translated(patches, engine, len(plan.grid), on_progress, cancelled)) as done:
        for rows in reassemble(plan.grid, done, blend=plan.blend):
            writer.write(rows)


def _translated(
    patches: Generator[Batch, None, None],
    engine: Engine,
    total: int,
    on_progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Generator[Batch, None, None]:
    done = 0
    with closing(patches):
        for batch in patches:
            if cancelled and cancelled():
                raise Cancelled("The translation was stopped.")
            result = engine(batch)
            done += len(batch)
            if on_progress:
                on_progress(done, total)
            yield result
