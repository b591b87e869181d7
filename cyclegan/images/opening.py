"""From a child's answer to a reader: of the spool that it filled, or of the regions it serves."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cyclegan.images.image import DecodeLimits, ImageInfo
from cyclegan.images.orientation import TURNS, upright_size
from cyclegan.images.region_reader import (
    Pyramid,
    RegionReader,
    Server,
    new_shared,
    sizes,
)
from cyclegan.images.sandbox import Child
from cyclegan.images.spool import Decoded, SpoolReader


def open_in_child(
    path: Path,
    *,
    name: str,
    spool: Path,
    limits: DecodeLimits,
    own_spacing_um: float | None = None,
) -> SpoolReader | RegionReader:
    """A reader of a file of the format `name`.

    The spool is there and empty; it is removed where regions are read. Raises UnsupportedFormat,
    CorruptImage or ImageTooLarge as the child says, or when it dies, and OSError when the disk of
    the spool is full; the spool is left for the caller to remove then.
    """
    task = {
        "path": str(path.resolve()),
        "format": name,
        "spool": str(spool.resolve()),
        "max_pixels": limits.max_pixels,
        "max_region_pixels": limits.max_region_pixels,
        "memory_bytes": limits.memory_bytes,
        "seconds": limits.seconds,
        "own_spacing_um": own_spacing_um,
    }
    with ExitStack() as undo:
        shared = new_shared()
        undo.callback(os.close, shared)
        child = Child({**task, "shared": shared}, limits, share=[shared])
        undo.callback(child.close)
        answer = child.answer()["answer"]
        try:
            if not answer["levels"]:
                return SpoolReader(spool, _decoded(answer, spool))
            pyramid = _pyramid(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise child.distrust(str(error)) from error
        server = Server({**task, "survey": pyramid.survey}, limits, expected=answer)
        server.adopt(child, shared)
        undo.pop_all()
        os.close(shared)
        spool.unlink()
        return RegionReader(server, pyramid)


def _info(answer: dict[str, Any]) -> ImageInfo:
    return ImageInfo(**{**answer["info"], "notes": tuple(answer["info"]["notes"])})


def _decoded(answer: dict[str, Any], spool: Path) -> Decoded:
    """The child's description; raises ValueError when it does not fit the spool or itself."""
    info = _info(answer)
    decoded = Decoded(info, answer["height"], answer["width"], answer["orientation"])
    if decoded.orientation not in TURNS:
        raise ValueError("the orientation is none")
    if spool.stat().st_size != decoded.height * decoded.width * 3:
        raise ValueError("the spool has another size")
    if (info.height, info.width) != upright_size(
        decoded.height, decoded.width, decoded.orientation
    ):
        raise ValueError("the sizes before and after turning do not agree")
    return decoded


def _pyramid(answer: dict[str, Any]) -> Pyramid:
    """The child's description; raises ValueError when it contradicts itself."""
    info = _info(answer)
    levels = sizes(answer["levels"], info.spacing_um)
    if (levels[0].height, levels[0].width) != (info.height, info.width):
        raise ValueError("the finest level is not the image")
    if any(min(level.height, level.width) < 1 for level in levels):
        raise ValueError("a level has no pixels")
    return Pyramid(info, levels, answer["survey"])
