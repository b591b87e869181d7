"""What made a result: written into its pictures, and as a document beside them."""

from __future__ import annotations

import platform
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from app import disk
from app.job import Job
from app.settings import ServeSettings
from cyclegan import __version__
from cyclegan.engines.engine import Engine
from cyclegan.models.catalogue import ModelCard
from cyclegan.translate import Plan

LIBRARIES = ("numpy", "tifffile")
"""What all pictures are made with."""
VISITOR = "visitor:"
"""Begins the name of a user that stands for no person's address."""


def of_pictures(job: Job, card: ModelCard, plan: Plan) -> dict[str, object]:
    """What decides every byte of the pictures, and nothing that differs when it is done again."""
    return {
        "program": f"Color Mapper {__version__}",
        "model": job.model,
        "weights_sha256": card.sha256,
        "input_sha256": job.input_sha256,
        "mpp": job.mpp,
        **plan.provenance(),
    }


def of_result(
    job: Job,
    engine: Engine,
    plan: Plan,
    *,
    pictures: dict[str, object],
    settings: ServeSettings,
    seconds: float,
    folder: Path,
) -> dict[str, object]:
    """The whole record as plain JSON values: that of the pictures, with circumstances.

    `folder` holds the files of the result; `seconds` is what the translation took.
    """
    return {
        **pictures,
        "input": {"bytes": job.input_bytes, "sha256": job.input_sha256},
        "files": {path.name: _about(path) for path in sorted(folder.iterdir())},
        "settings": {
            "tile": settings.tile,
            "halo": settings.halo,
            "blend": settings.blend,
            "png_max_pixels": settings.png_max_pixels,
        },
        "versions": _versions(engine),
        "device": plan.engine.get("device", "cpu"),
        "timings": {
            "created": _text(job.created),
            "started": _text(job.started),
            "seconds": round(seconds, 3),
        },
        # An address is no pseudonym, and the document may lie in a public bucket.
        "who": job.user if job.user.startswith(VISITOR) else None,
    }


def _about(path: Path) -> dict[str, object]:
    digest = disk.digest_of(path)
    return {"bytes": digest.size, "sha256": digest.sha256}


def _versions(engine: Engine) -> dict[str, str]:
    # An engine whose module has loaded torch computes with it.
    uses_torch = hasattr(sys.modules[type(engine).__module__], "torch")
    names = (*LIBRARIES, "torch") if uses_torch else LIBRARIES
    known = {"color-mapper": __version__, "python": platform.python_version()}
    return {**known, **{name: version(name) for name in names}}


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
