"""One job's image to its finished files: pyramids, PNG if small, preview and provenance."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import disk, objects, provenance
from app.assessment import Quality, assess
from app.decoding import decode_limits
from app.job import Job
from app.keeping import Choices, Kept, keeping
from app.services import Services
from app.settings import ServeSettings
from app.shelf import Loaded
from app.stores import NotStored
from app.workplace import Workplace
from cyclegan.engines.engine import Room, Watch
from cyclegan.errors import CorruptImage, ImageError
from cyclegan.images import Queued, Tee, create_image, open_image
from cyclegan.images.copying import copy_pixels
from cyclegan.images.image import ImageInfo, Reader, Writer
from cyclegan.images.kept_rows import KeptRows
from cyclegan.inputs import View, restored
from cyclegan.models.card import ModelCard
from cyclegan.tissue import find_tissue
from cyclegan.translate import Plan, Tiling, prepare, translate

if TYPE_CHECKING:
    from cyclegan.device import DeviceName  # brings torch

log = logging.getLogger(__name__)

KINDS = {
    objects.RESULT: "tiff",
    objects.RESULT_PNG: "png",
    objects.RESULT_PREVIEW: "preview",
}
"""What is written of each result, as keys of `cyclegan.images.WRITERS`."""
FREE_PER_PIXEL = 6
"""Bytes that must be free on the disk for finished rows to be kept: twice what they take."""


def translate_job(
    services: Services,
    job: Job,
    model: Loaded,
    place: Workplace,
    *,
    watch: Watch,
    harmless: Callable[[Callable[[], Quality]], Quality | None],
) -> None:
    """Write all results of the job into `place.results`, each of them forced to disk.

    What is finished of them is kept, and an attempt after a kill goes on below it. The same input,
    model, settings and version give the same pictures where the engine does, in one attempt or in
    several; the document beside them also tells when that was, and how long it took. `harmless`
    does what a result is complete without, or returns None when that fails.
    Raises ColorMapperError, Cancelled among them, and OSError (ENOSPC) on a full disk.
    """
    settings, began = services.settings, time.monotonic()
    source = _fetch_input(services, job, place.attempt)
    with ExitStack() as stack:
        kept = stack.enter_context(keeping(place, provenance.terms(job, model.card, settings)))
        reader = stack.enter_context(
            open_image(
                source,
                limits=decode_limits(settings),
                scratch=place.attempt,
                spacing_um=model.card.spacing_um,
                own_spacing_um=job.mpp,
            )
        )
        plan = stack.enter_context(_prepare(reader, model, settings, place, kept, watch=watch))
        pictures = provenance.of_pictures(job, model.card, reader.info, plan)
        rows = _kept_rows(kept, reader.info, pictures)
        resumed = rows.done if rows else 0
        new = _create_results(reader.info, settings, place.results, json.dumps(pictures))
        with Queued(new) as writer:
            if rows:
                stack.callback(rows.abort)
                _repeat(rows, writer, watch, height=reader.info.height)
            translate(
                reader,
                Tee([rows, writer]) if rows else writer,
                plan,
                top=resumed,
                workers=settings.workers,
                watch=watch,
            )
        _write_input_tiles(reader.finest(), place.results / objects.INPUT_TILES, watch)
        seconds = time.monotonic() - began
        seen: Any = pictures.get("view")
        quality = harmless(
            partial(
                _assess,
                reader,
                rows,
                place,
                model=model.card,
                view=restored(seen) if seen else None,
                device=settings.device,
                watch=watch,
            )
        )
    record = provenance.of_result(
        job,
        model.engine,
        plan,
        pictures=pictures,
        info=reader.info,
        resumed=resumed,
        settings=settings,
        seconds=seconds,
        quality=quality,
        folder=place.results,
    )
    document = place.results / objects.PROVENANCE
    document.write_text(json.dumps(record, indent=2))
    disk.sync(document)


def _assess(
    reader: Reader,
    rows: KeptRows | None,
    place: Workplace,
    *,
    model: ModelCard,
    view: View | None,
    device: DeviceName,
    watch: Watch,
) -> Quality:
    """Look at the result in the rows that are kept, or else in its file."""
    with (
        rows.reader(reader.info)
        if rows
        else open_image(place.results / objects.RESULT, scratch=place.attempt)
    ) as result:
        return assess(
            reader,
            result,
            place.results,
            model=model,
            view=view,
            device=device,
            scratch=place.attempt,
            watch=watch,
        )


def _fetch_input(services: Services, job: Job, folder: Path) -> Path:
    source = folder / job.input_name
    try:
        services.staging.fetch(job.key(job.input_name), source)
    except NotStored as error:
        raise CorruptImage("the image is no longer on this machine; send it again") from error
    return source


def _prepare(
    reader: Reader,
    model: Loaded,
    settings: ServeSettings,
    place: Workplace,
    kept: Kept,
    *,
    watch: Watch,
) -> Plan:
    """The plan that an earlier attempt had, or a new one."""
    choices = kept.choices() or Choices(_scratch_bytes(settings, place))
    kept.choose(choices)
    plan = prepare(
        reader,
        model.engine,
        room=Room(place.attempt, choices.scratch_bytes, kept.engine),
        watch=watch,
        tile=choices.tile or settings.tile,
        halo=settings.halo,
        blend=settings.blend,
        blank=find_tissue(reader) if settings.skip_blank else None,
    )
    if isinstance(plan.way, Tiling):
        kept.choose(replace(choices, tile=plan.way.grid.core + 2 * plan.way.grid.halo))
    return plan


def _kept_rows(kept: Kept, info: ImageInfo, pictures: dict[str, object]) -> KeptRows | None:
    """Where finished rows are kept; None on a disk that needs its room for the result itself."""
    free = shutil.disk_usage(kept.rows).free
    if not any(kept.rows.iterdir()) and free < FREE_PER_PIXEL * info.height * info.width:
        log.warning("the disk has no room for going on after a kill; it would begin anew")
        return None
    return KeptRows(kept.rows, height=info.height, width=info.width, terms=_digest(pictures))


def _scratch_bytes(settings: ServeSettings, place: Workplace) -> int:
    """What the engine may take of the disk: half of what is free, unless somebody has set it."""
    if settings.scratch_bytes is not None:
        return settings.scratch_bytes
    return shutil.disk_usage(place.attempt).free // 2


def _create_results(
    info: ImageInfo, settings: ServeSettings, folder: Path, description: str
) -> Writer:
    is_small = info.height * info.width <= settings.png_max_pixels
    names = [name for name in KINDS if is_small or name != objects.RESULT_PNG]
    with ExitStack() as opened:
        writers = []
        for name in names:
            writer = create_image(
                folder / name,
                kind=KINDS[name],
                height=info.height,
                width=info.width,
                spacing_um=info.spacing_um,
                description=description,
                compression=settings.compression if name == objects.RESULT else None,
            )
            opened.callback(writer.abort)
            writers.append(writer)
        opened.pop_all()
    return Tee(writers)


def _write_input_tiles(reader: Reader, path: Path, watch: Watch) -> None:
    """Write the input as a pyramid to look at, beside which the result can be laid.

    Where the translation read a coarser level, a finer one may be damaged: then there is none.
    """

    def go_on() -> None:
        watch.check()
        watch.on_progress(0.0)  # it gets on; the part that is done is not for this to say

    info = reader.info
    try:
        with create_image(
            path,
            kind="tiff",
            height=info.height,
            width=info.width,
            spacing_um=info.spacing_um,
            compression="jpeg",
        ) as writer:
            copy_pixels(reader, writer, go_on=go_on)
    except ImageError as error:
        log.warning("the input cannot be shown in full: %s", error)


def _repeat(rows: KeptRows, writer: Writer, watch: Watch, *, height: int) -> None:
    """Write what is finished already."""
    done = 0
    for part in rows.finished():
        watch.check()
        writer.write(part)
        done += len(part)
        watch.on_progress(done / height)


def _digest(pictures: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(pictures, sort_keys=True).encode()).hexdigest()
