"""How far a job's result can be trusted: maps and verdicts, as files beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app import disk, objects
from cyclegan.engines.engine import Watch
from cyclegan.images.image import Reader
from cyclegan.inputs import View
from cyclegan.models.card import ModelCard
from cyclegan.models.colours import load_colours
from cyclegan.quality.cycle import WayBack
from cyclegan.quality.maps import MAPS, Strange
from cyclegan.quality.overlay import write_overlay
from cyclegan.quality.survey import Survey, survey

if TYPE_CHECKING:
    from cyclegan.device import DeviceName  # brings torch

WORKERS = 4
"""Threads, each of which looks at a part of the image."""

SAMPLED = 0.99
"""Share of an image from which on all of it was looked at."""

Quality = dict[str, object]
"""What is told of a result, as plain JSON values."""


def assess(
    image: Reader,
    result: Reader,
    folder: Path,
    *,
    model: ModelCard,
    view: View | None,
    device: DeviceName,
    scratch: Path,
    watch: Watch,
) -> Quality:
    """Compare an image with its result and write what is found into a folder, forced to disk.

    `view` is how the model saw the image, None where that is not known, and `device` what a network
    may compute on. Nothing comes into the folder before all is complete, from `scratch`, a folder
    on the same disk. Returns what is told of the result, which is also one of the files. Raises
    ModelError, ImageError, Cancelled and OSError.
    """

    def check() -> None:
        watch.check()
        watch.on_progress(1.0)  # a large image takes minutes, and must not seem to hang

    with _way_back(model, view, image, device) as way_back:
        found = survey(
            image,
            result,
            strange=_strange(model, view),
            way_back=way_back,
            workers=WORKERS,
            check=check,
        )
    new = scratch / "quality"
    new.mkdir()
    for key, drawn in found.maps.items():
        write_overlay(drawn.values, MAPS[key].colour, new / objects.OVERLAYS[key])
    quality = _told(found, model)
    (new / objects.QUALITY).write_text(json.dumps(quality, indent=2))
    for path in sorted(new.iterdir()):
        disk.sync(path)
        path.rename(folder / path.name)
    new.rmdir()
    return quality


def _strange(model: ModelCard, view: View | None) -> Strange | None:
    """Tells which colours the model does not know, where its package says so."""
    if model.colours is None or view is None:
        return None
    return partial(load_colours(model).strange, view=view)


@contextmanager
def _way_back(
    model: ModelCard, view: View | None, image: Reader, device: DeviceName
) -> Iterator[WayBack | None]:
    if model.reverse is None or view is None:
        yield None
        return
    from cyclegan.models.reverse import open_reverse  # loads torch, which some engines do without

    with closing(open_reverse(model, image.info, device=device)) as patches:
        yield WayBack(patches, view, model.reverse.usual_error)


def _told(found: Survey, model: ModelCard) -> Quality:
    rows, columns = found.cells.shape
    cell_px = found.cells.cell_px
    return {
        "verdicts": [verdict.as_json() for verdict in found.verdicts],
        "tissue_share": round(found.tissue_share, 4),
        "nuclei_patches": found.nuclei_patches,
        "patches": found.patches,
        "gaps": gaps(found, model),
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


def gaps(found: Survey, model: ModelCard) -> list[str]:
    """What was looked at in part only, or not at all: sentences for people."""
    said = []
    if 0 < found.nuclei_patches < found.patches:
        said.append(
            f"Nuclei were looked for in {found.nuclei_patches} of {found.patches} fields, spread "
            "evenly over the image; their maps are clear elsewhere."
        )
    if found.returned_share is not None and found.returned_share < SAMPLED:
        percent = max(1, round(100 * found.returned_share))
        said.append(
            f"What is not found again was looked for in {percent} % of the image, "
            "in fields spread evenly; its map is clear elsewhere."
        )
    if model.folder is not None and model.colours is None:
        said.append(
            "Whether the model knows colours like these is not known: its package does not tell "
            "what it was trained on."
        )
    return said
