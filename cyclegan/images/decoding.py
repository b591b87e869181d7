"""One file decoded in the child process: whole into a spool, or region by region on request."""

from __future__ import annotations

import importlib
import mmap
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cyclegan.images.depth import Window
from cyclegan.images.develop import Recipe, Survey, develop, recipe_of
from cyclegan.images.formats import READERS
from cyclegan.images.image import DecodeLimits, ImageInfo, Pixels
from cyclegan.images.orientation import stored_region, upright, upright_size
from cyclegan.images.raster import Raster
from cyclegan.images.region import Region
from cyclegan.images.reserve import reserve
from cyclegan.images.spacing import BY_HAND, Spacing, choose


class Decoding:
    """A task of the child: `open` first, then `read` as often as asked for."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.is_by_regions = False
        """Whether regions can be read, once it is open."""
        self._task = task
        self._raster: Raster
        self._recipe: Recipe
        self._shared: Pixels

    def open(self) -> dict[str, Any]:
        """What `description` reads: the file and its levels, as JSON values.

        Fills the spool where the image is decoded whole. Raises ImageError, MemoryError, OSError
        and whatever a foreign library raises.
        """
        task = self._task
        # Sizes are checked against the task's limits, not against a number of Pillow's.
        Image.MAX_IMAGE_PIXELS = None
        limits = DecodeLimits(
            max_pixels=task["max_pixels"], max_region_pixels=task["max_region_pixels"]
        )
        decoder = importlib.import_module(READERS[task["format"]].decoder)
        raster = decoder.decode(Path(task["path"]), limits=limits)
        if not raster.levels:
            return _description(raster, _fill_spool(raster, Path(task["spool"])), task)
        recipe, notes = recipe_of(raster, _survey(task.get("survey")))
        self._raster, self._recipe, self.is_by_regions = raster, recipe, True
        self._shared = np.frombuffer(mmap.mmap(task["shared"], 0), np.uint8)
        survey = Survey(recipe.window, recipe.alpha)
        return {**_description(raster, notes, task), "survey": asdict(survey)}

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """Put a region of a level into the shared memory: (height, width, 3) uint8, upright."""
        raster = self._raster
        level = raster.levels[request["level"]]
        region = stored_region(
            Region(*request["region"]), level.height, level.width, raster.orientation
        )
        pixels = upright(self._recipe.develop(level.read(region)), raster.orientation)
        self._shared[: pixels.size].reshape(pixels.shape)[...] = pixels
        return {}


def _survey(given: dict[str, Any] | None) -> Survey | None:
    """The outcome of an earlier look at all pixels, when the task has one."""
    if given is None:
        return None
    return Survey(given["window"] and Window(**given["window"]), given["alpha"])


def _fill_spool(raster: Raster, spool: Path) -> tuple[str, ...]:
    rows, notes = develop(raster)
    with spool.open("r+b", buffering=0) as file:
        reserve(file.fileno(), raster.height * raster.width * 3)
        for part in rows:
            _write(file.fileno(), part)
    return notes


def _write(descriptor: int, rows: Pixels) -> None:
    rest = memoryview(np.ascontiguousarray(rows).data).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _description(raster: Raster, notes: tuple[str, ...], task: dict[str, Any]) -> dict[str, Any]:
    own = task["own_spacing_um"]
    given = (Spacing(own, own, BY_HAND),) if own else ()
    spacing, spacing_notes = choose((*given, *raster.spacings))
    height, width = upright_size(raster.height, raster.width, raster.orientation)
    info = ImageInfo(
        height=height,
        width=width,
        format=task["format"],
        bits=raster.bits,
        channels=raster.channels,
        spacing_um=spacing.x if spacing else None,
        spacing_source=spacing.source if spacing else None,
        notes=(*raster.notes, *notes, *spacing_notes),
    )
    return {
        "info": asdict(info),
        "height": raster.height,
        "width": raster.width,
        "orientation": raster.orientation,
        "levels": [
            [*upright_size(level.height, level.width, raster.orientation), level.factor]
            for level in raster.levels
        ],
    }
