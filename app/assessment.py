"""How far a job's result can be trusted: maps and verdicts, as files beside it."""

from __future__ import annotations

import json
from pathlib import Path

from app import disk, objects
from cyclegan.engines.engine import Watch
from cyclegan.images.image import Reader
from cyclegan.quality.maps import MAPS
from cyclegan.quality.overlay import write_overlay
from cyclegan.quality.survey import Survey, survey

WORKERS = 4
"""Threads, each of which looks at a part of the image."""

Quality = dict[str, object]
"""What is told of a result, as plain JSON values."""


def assess(image: Reader, result: Reader, folder: Path, *, scratch: Path, watch: Watch) -> Quality:
    """Compare an image with its result and write what is found into a folder, forced to disk.

    Nothing comes into it before all is complete, from `scratch`, a folder on the same disk. Returns
    what is told of the result, which is also one of the files. Raises ImageError, Cancelled and
    OSError.
    """

    def check() -> None:
        watch.check()
        watch.on_progress(1.0)  # a large image takes minutes, and must not seem to hang

    found = survey(image, result, workers=WORKERS, check=check)
    new = scratch / "quality"
    new.mkdir()
    for key, drawn in found.maps.items():
        write_overlay(drawn.values, MAPS[key].colour, new / objects.OVERLAYS[key])
    quality = _told(found)
    (new / objects.QUALITY).write_text(json.dumps(quality, indent=2))
    for path in sorted(new.iterdir()):
        disk.sync(path)
        path.rename(folder / path.name)
    new.rmdir()
    return quality


def _told(found: Survey) -> Quality:
    rows, columns = found.cells.shape
    cell_px = found.cells.cell_px
    return {
        "verdicts": [verdict.as_json() for verdict in found.verdicts],
        "tissue_share": round(found.tissue_share, 4),
        "nuclei_patches": found.nuclei_patches,
        "patches": found.patches,
        "cell_px": cell_px,
        "extent": {"height": rows * cell_px, "width": columns * cell_px},
        "maps": [
            {
                "name": key,
                "title": MAPS[key].title,
                "meaning": MAPS[key].meaning,
                "words": MAPS[key].words,
                "share": None if drawn.share is None else round(drawn.share, 4),
            }
            for key, drawn in found.maps.items()
        ],
    }
