"""What made a result: written into its pictures, and as a document beside them."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from app import disk
from app.job import Job
from app.settings import ServeSettings
from cyclegan import __version__
from cyclegan.engines.engine import Engine
from cyclegan.images.image import Extent, ImageInfo
from cyclegan.models.catalogue import ModelCard
from cyclegan.translate import Plan

LIBRARIES = ("numpy", "tifffile")
"""What all pictures are made with."""
SETTINGS = (
    *("stats", "scratch_bytes", "tile", "halo", "blend", "skip_blank"),
    *("compression", "png_max_pixels"),
)
"""What decides the pictures, if somebody has set it."""
RUNTIMES = ("openvino",)
"""What runs networks in torch's place, as a plan's provenance names it."""
VISITOR = "visitor:"
"""Begins the name of a user that stands for no person's address."""


def terms(job: Job, card: ModelCard, settings: ServeSettings) -> dict[str, object]:
    """What decides the pictures and is known before the image is read.

    What an attempt has kept is of no use under other terms.
    """
    return {
        **_sources(job, card),
        "statistics": card.statistics.sha256 if card.statistics else None,
        "settings": _settings(settings),
    }


def of_pictures(job: Job, card: ModelCard, info: ImageInfo, plan: Plan) -> dict[str, object]:
    """What decides every byte of the pictures, and nothing that differs when it is done again.

    `info` is of the image as it was read for the translation.
    """
    return {
        **_sources(job, card),
        "source": asdict(info.source),
        "image": asdict(Extent(info.height, info.width, info.spacing_um)),
        **plan.provenance(),
    }


def of_result(
    job: Job,
    engine: Engine,
    plan: Plan,
    *,
    pictures: dict[str, object],
    info: ImageInfo,
    resumed: int,
    settings: ServeSettings,
    seconds: float,
    quality: dict[str, object] | None,
    folder: Path,
) -> dict[str, object]:
    """The whole record as plain JSON values: that of the pictures, with circumstances.

    `folder` holds the files of the result; `seconds` is what the last attempt at the translation
    took, which went on from row `resumed`; `quality` is None when it could not be looked at.
    """
    return {
        **pictures,
        "notes": list(info.notes),
        "quality": quality,
        "input": {"bytes": job.input_bytes, "sha256": job.input_sha256},
        "files": {path.name: _about(path) for path in sorted(folder.iterdir())},
        "settings": _settings(settings),
        "versions": _versions(engine, runtime=plan.provenance().get("runtime")),
        "device": plan.provenance().get("device", "cpu"),
        "resumed_from_row": resumed,
        "timings": {
            "created": _text(job.created),
            "started": _text(job.started),
            "seconds": round(seconds, 3),
        },
        # An address is no pseudonym, and the document may lie in a public bucket.
        "who": job.user if job.user.startswith(VISITOR) else None,
    }


def _sources(job: Job, card: ModelCard) -> dict[str, object]:
    return {
        "program": f"Color Mapper {__version__}",
        "model": job.model,
        "weights_sha256": card.sha256,
        "input_sha256": job.input_sha256,
        "mpp": job.mpp,
    }


def _settings(settings: ServeSettings) -> dict[str, object]:
    """Those that have a say in the pictures."""
    return {name: getattr(settings, name) for name in SETTINGS}


def _about(path: Path) -> dict[str, object]:
    digest = disk.digest_of(path)
    return {"bytes": digest.size, "sha256": digest.sha256}


def _versions(engine: Engine, *, runtime: object) -> dict[str, str]:
    # An engine whose module has loaded torch computes with it.
    uses_torch = hasattr(sys.modules[type(engine).__module__], "torch")
    names = (*LIBRARIES, "torch") if uses_torch else LIBRARIES
    if isinstance(runtime, str) and runtime in RUNTIMES:
        names = (*names, runtime)
    known = {"color-mapper": __version__, "python": platform.python_version()}
    return {**known, **{name: version(name) for name in names}}


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
