"""The process in which regions are translated: images and models stay open for the next one.

    python -m app.bench_child DESCRIPTOR PARENT

It is told the settings, then one order after the other, each as a line of JSON over the socket of
that number, and answers each with a line. What is not fit for a person ends it; the log has why.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path

from PIL import Image

from app import disk
from app.decoding import decode_limits
from app.refusals import TrialTooLarge
from app.settings import ServeSettings
from app.trial import INPUT, MOST_PX, PICTURE, Made, Order
from cyclegan.deathsig import die_with
from cyclegan.engines.engine import Engine, Room, Stats
from cyclegan.errors import ColorMapperError
from cyclegan.excerpt import excerpt
from cyclegan.images import create_image, open_image
from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.images.region import Region
from cyclegan.images.srgb import srgb_profile
from cyclegan.models.card import ModelCard
from cyclegan.models.catalogue import Catalogue
from cyclegan.tissue import find_tissue
from cyclegan.translate import Plan, prepare

ENGINES = 4
"""Models that stay loaded; those asked for longest ago go first."""
ROUNDING = 1.02
"""Whole pixels of a model cover a little more than the region."""
JPEG_QUALITY = 92
FIRST_VICTIM = "1000"
SAMPLED = (
    "The whole image would be normalised over all of its pixels, a region by a sample of them: "
    "colours may differ a little."
)


class OpenImage:
    """An image, as each of the models reads it, and their plans for it."""

    def __init__(self, order: Order, settings: ServeSettings) -> None:
        self.name = order.image
        self._open = partial(
            open_image,
            Path(order.path),
            limits=decode_limits(settings),
            scratch=Path(order.scratch),
            own_spacing_um=order.mpp,
        )
        self._room = Room(Path(order.scratch), settings.scratch_bytes)
        self._settings = settings
        self._readers: dict[float | None, Reader] = {}
        self._plans: dict[tuple[str, str | None], Plan] = {}

    def reader(self, spacing_um: float | None) -> Reader:
        """What a model of this spacing reads."""
        if spacing_um not in self._readers:
            self._readers[spacing_um] = self._open(spacing_um=spacing_um)
        return self._readers[spacing_um]

    def plan(self, card: ModelCard, engine: Engine) -> Plan:
        """How the whole image would be translated."""
        key, reader, settings = known(card), self.reader(card.spacing_um), self._settings
        if key not in self._plans:
            self._plans[key] = prepare(
                reader,
                engine,
                room=self._room,
                tile=settings.tile,
                halo=settings.halo,
                blend=settings.blend,
                blank=find_tissue(reader) if settings.skip_blank else None,
            )
        return self._plans[key]

    def close(self) -> None:
        """Give everything back."""
        for plan in self._plans.values():
            plan.close()
        for reader in self._readers.values():
            reader.close()


class Workbench:
    """Makes what is ordered."""

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._catalogue = Catalogue(settings.models)
        self._engines: dict[tuple[str, str | None], Engine] = {}
        self._image: OpenImage | None = None

    def make(self, order: Order) -> Made:
        """Write the pictures of an order; raises ColorMapperError and OSError."""
        began = time.monotonic()
        card, image = self._catalogue.card(order.model), self._opened(order)
        reader = image.reader(card.spacing_um)
        region, place = as_read(order.region, reader.info)
        if region.height * region.width > MOST_PX * ROUNDING:
            raise TrialTooLarge(
                region.height, region.width, MOST_PX, what=f"{card.title} makes of it"
            )
        plan = image.plan(card, self._engine(card))
        try:
            found = excerpt(reader, plan, region)
        finally:
            plan.close()  # its memory is the running job's; another call takes it again
        _write(Path(order.folder), found, reader.finest().read(*order.region), reader.info)
        seconds = time.monotonic() - began
        notes = (*reader.info.notes, *([SAMPLED] if self._is_sampled(card) else ()))
        return Made(
            **place,
            height_px=region.height,
            width_px=region.width,
            seconds=round(seconds, 2),
            notes=notes,
        )

    def _opened(self, order: Order) -> OpenImage:
        if self._image is None or self._image.name != order.image:
            self.close()
            self._image = OpenImage(order, self._settings)
        return self._image

    def _engine(self, card: ModelCard) -> Engine:
        key = known(card)
        engine = self._engines.pop(key, None)
        if engine is None:
            stats: Stats | None = "sampled" if self._is_sampled(card) else self._settings.stats
            engine = self._catalogue.engine(card.name, device=self._settings.device, stats=stats)
        while len(self._engines) >= ENGINES:
            del self._engines[next(iter(self._engines))]
        self._engines[key] = engine
        return engine

    def _is_sampled(self, card: ModelCard) -> bool:
        """Whether the whole image would have all of its statistics, for which nobody waits here."""
        stats, has_own = self._settings.stats, card.statistics is not None
        return card.engine == "generator" and (stats == "exact" or (stats is None and not has_own))

    def close(self) -> None:
        """Close the image."""
        if self._image:
            self._image.close()
        self._image = None


def known(card: ModelCard) -> tuple[str, str | None]:
    """What a model is known by: a package may be replaced under its name."""
    return card.name, card.sha256


def as_read(region: Region, info: ImageInfo) -> tuple[Region, dict[str, float]]:
    """A region of the finest level in px of what is read, and the place of those px there."""
    scale = info.source.height / info.height
    if info.spacing_um and info.source.spacing_um:
        scale = info.spacing_um / info.source.spacing_um
    y, height = _axis(region.y, region.height, scale, info.height)
    x, width = _axis(region.x, region.width, scale, info.width)
    place = {"y": y * scale, "x": x * scale, "height": height * scale, "width": width * scale}
    return Region(y, x, height, width), place


def _axis(start: int, size: int, scale: float, length: int) -> tuple[int, int]:
    first = min(int(start / scale), length - 1)
    stop = min(max(first + 1, -int(-(start + size) // scale)), length)
    return first, stop - first


def _write(folder: Path, found: Pixels, source: Pixels, info: ImageInfo) -> None:
    height, width = found.shape[:2]
    with create_image(
        folder / PICTURE, kind="png", height=height, width=width, spacing_um=info.spacing_um
    ) as writer:
        writer.write(found)
    Image.fromarray(source).save(
        folder / INPUT, "JPEG", quality=JPEG_QUALITY, subsampling=0, icc_profile=srgb_profile()
    )


def answer(work: Callable[[], Made]) -> Mapping[str, object]:
    """What came of it, or why it cannot be done, as JSON has it."""
    try:
        return {"made": asdict(work())}
    except ColorMapperError as error:
        return {"error": type(error).__name__, "message": str(error)}
    except OSError as error:
        if not disk.is_full(error):
            raise
        return {"errno": error.errno}


def main(arguments: list[str]) -> None:
    """Work until nobody listens any more."""
    descriptor, parent = map(int, arguments)
    die_with(parent)
    # Where memory runs out, the system ends this process and not the worker with its job.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_VICTIM)
    os.set_inheritable(descriptor, False)
    with socket.socket(fileno=descriptor) as line, line.makefile("rwb") as stream:
        bench = Workbench(ServeSettings.model_validate_json(stream.readline()))
        for words in stream:
            fields = json.loads(words)
            order = Order(**{**fields, "region": Region(*fields["region"])})
            stream.write(json.dumps(answer(partial(bench.make, order))).encode() + b"\n")
            stream.flush()
        bench.close()


if __name__ == "__main__":
    main(sys.argv[1:])
