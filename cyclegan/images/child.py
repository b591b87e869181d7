"""The process that decodes one file: run as `python -m cyclegan.images.child`, never imported.

It gets its task as one JSON argument, takes on its limits before it looks at the file, writes the
pixels into the spool, and answers with one JSON document on standard output:
`{"decoded": ...}`, `{"error": <name>, "message": ...}`, `{"errno": ...}` or `{"trace": ...}`.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from cyclegan.deathsig import die_with
from cyclegan.errors import ImageError
from cyclegan.images.formats import READERS
from cyclegan.images.image import ImageInfo, Pixels
from cyclegan.images.orientation import upright_size
from cyclegan.images.raster import Raster
from cyclegan.images.reserve import DISK_FULL, reserve
from cyclegan.images.spacing import choose

PR_SET_DUMPABLE = 4
SLACK_BYTES = 2**20
MOST_TRACE_LETTERS = 4000


def main(task: dict[str, Any]) -> None:
    """Do one task and answer."""
    answer_to = _silence()
    _confine(task)
    try:
        answer: dict[str, Any] = {"decoded": _decode(task)}
    except ImageError as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    except MemoryError:
        answer = {"error": "ImageTooLarge", "message": _too_much_memory(task["memory_bytes"])}
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        answer = {"errno": error.errno}
    _answer(answer_to, answer)


def _silence() -> int:
    """Keep standard output for the answer, whatever a library prints; returns where it goes."""
    answer_to = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    sys.excepthook = lambda kind, error, trace: _answer_trace(answer_to, kind, error, trace)
    return answer_to


def _confine(task: dict[str, Any]) -> None:
    """Take on limits that cannot be lifted again, and die with the parent."""
    limits = {
        resource.RLIMIT_AS: task["memory_bytes"],
        resource.RLIMIT_FSIZE: task["max_pixels"] * 3 + SLACK_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in limits.items():
        _limit(kind, value, value)
    # At the first the process is told why it ends; at the second it is just killed.
    _limit(resource.RLIMIT_CPU, task["seconds"], task["seconds"] + 1)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0)
    die_with(task["parent"])


def _limit(kind: int, soft: int, hard: int) -> None:
    _, hardest = resource.getrlimit(kind)
    if hardest != resource.RLIM_INFINITY:
        soft, hard = min(soft, hardest), min(hard, hardest)
    resource.setrlimit(kind, (soft, hard))


def _decode(task: dict[str, Any]) -> dict[str, Any]:
    # After the limits, like everything that may be misled by a file.
    from PIL import Image

    from cyclegan.images.develop import develop

    # Sizes are checked against the task's limit, not against a number of Pillow's.
    Image.MAX_IMAGE_PIXELS = None
    decoder = importlib.import_module(READERS[task["format"]].decoder)
    raster = decoder.decode(Path(task["path"]), max_pixels=task["max_pixels"])
    rows, notes = develop(raster)
    with Path(task["spool"]).open("r+b", buffering=0) as spool:
        reserve(spool.fileno(), raster.height * raster.width * 3)
        for part in rows:
            _write(spool.fileno(), part)
    return _description(raster, notes, task["format"])


def _write(descriptor: int, rows: Pixels) -> None:
    rest = memoryview(np.ascontiguousarray(rows).data).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _description(raster: Raster, notes: tuple[str, ...], name: str) -> dict[str, Any]:
    """The fields of `spool.Decoded`, for JSON."""
    spacing, spacing_notes = choose(raster.spacings)
    height, width = upright_size(raster.height, raster.width, raster.orientation)
    info = ImageInfo(
        height=height,
        width=width,
        format=name,
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
    }


def _too_much_memory(memory_bytes: int) -> str:
    return (
        f"decoding the image takes more than the {memory_bytes / 2**30:.3g} GiB of memory that it "
        "may have; crop it, or save it as a tiled TIFF"
    )


def _answer(descriptor: int, answer: dict[str, Any]) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(answer, out)


def _answer_trace(
    descriptor: int, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """For the log of whoever runs the service: a decoder stumbled over the file."""
    lines = traceback.format_exception(kind, error, trace)
    _answer(descriptor, {"trace": "".join(lines)[-MOST_TRACE_LETTERS:]})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
