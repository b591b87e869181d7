"""One job's image to its finished files: pyramid, PNG if small, preview and provenance."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from app import disk, objects, provenance
from app.job import Job
from app.services import Services
from app.settings import ServeSettings
from app.shelf import Loaded
from app.stores import NotStored
from app.uploads import decode_limits
from app.workplace import Workplace
from cyclegan.engines.engine import Engine
from cyclegan.errors import CorruptImage
from cyclegan.images import Tee, create_image, open_image
from cyclegan.images.image import Writer
from cyclegan.translate import prepare, translate

KINDS = {
    objects.RESULT: "tiff",
    objects.RESULT_PNG: "png",
    objects.RESULT_PREVIEW: "preview",
}
"""What is written of each result, as keys of `cyclegan.images.WRITERS`."""


def translate_job(
    services: Services,
    job: Job,
    model: Loaded,
    place: Workplace,
    *,
    on_progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    """Write all results of the job into `place.results`, each of them forced to disk.

    The same input, model, settings and version give the same pictures where the engine does; the
    document beside them also tells when that was, and how long it took.
    Raises ColorMapperError, Cancelled among them, and OSError (ENOSPC) on a full disk.
    """
    settings, began = services.settings, time.monotonic()
    source = _fetch_input(services, job, place.attempt)
    with open_image(source, limits=decode_limits(services), scratch=place.attempt) as reader:
        halo = _halo(model.engine, settings)
        plan = prepare(reader, model.engine, tile=settings.tile, halo=halo, blend=settings.blend)
        pictures = provenance.of_pictures(job, model.card, plan)
        with _create_results(job, settings, place.results, json.dumps(pictures)) as writer:
            translate(
                reader,
                writer,
                model.engine,
                plan,
                workers=settings.workers,
                on_progress=on_progress,
                cancelled=cancelled,
            )
    record = provenance.of_result(
        job,
        model.engine,
        plan,
        pictures=pictures,
        settings=settings,
        seconds=time.monotonic() - began,
        folder=place.results,
    )
    document = place.results / objects.PROVENANCE
    document.write_text(json.dumps(record, indent=2))
    disk.sync(document)


def _fetch_input(services: Services, job: Job, folder: Path) -> Path:
    source = folder / job.input_name
    try:
        services.staging.fetch(job.key(job.input_name), source)
    except NotStored as error:
        raise CorruptImage("the image is no longer on this machine; send it again") from error
    return source


def _halo(engine: Engine, settings: ServeSettings) -> int | None:
    """The halo that somebody has set, or None for the engine's own; a pixel-wise one needs none."""
    return None if engine.halo == 0 else settings.halo


def _create_results(job: Job, settings: ServeSettings, folder: Path, description: str) -> Writer:
    is_small = job.height * job.width <= settings.png_max_pixels
    names = [name for name in KINDS if is_small or name != objects.RESULT_PNG]
    with ExitStack() as opened:
        writers = []
        for name in names:
            writer = create_image(
                folder / name,
                kind=KINDS[name],
                height=job.height,
                width=job.width,
                spacing_um=job.mpp,
                description=description,
            )
            opened.callback(writer.abort)
            writers.append(writer)
        opened.pop_all()
    return Tee(writers)
