"""Decoding in a child process with limits, so that a hostile file costs nothing but itself."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclegan.errors import CorruptImage, ImageError, ImageTooLarge, UnsupportedFormat
from cyclegan.images.formats import READERS
from cyclegan.images.image import DecodeLimits, ImageInfo
from cyclegan.images.orientation import TURNS, upright_size
from cyclegan.images.reserve import DISK_FULL
from cyclegan.images.spool import Decoded

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the package, where the child starts."""
ENVIRONMENT = {
    # Threads of libraries reserve address space, which is limited.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
REFUSALS: dict[str, type[ImageError]] = {
    kind.__name__: kind for kind in (UnsupportedFormat, CorruptImage, ImageTooLarge)
}


def decode(path: Path, *, name: str, spool: Path, limits: DecodeLimits) -> Decoded:
    """Decode a file of the format `name` into the spool, which is there and empty.

    Raises UnsupportedFormat, CorruptImage or ImageTooLarge as the child says, or when it dies, and
    OSError when the disk of the spool is full. The spool is left for the caller to remove.
    """
    task = {
        "path": str(path.resolve()),
        "format": name,
        "spool": str(spool.resolve()),
        "max_pixels": limits.max_pixels,
        "memory_bytes": limits.memory_bytes,
        "seconds": limits.seconds,
        "parent": os.getpid(),
    }
    answer = _ask(task, limits)
    if answer.get("errno") in DISK_FULL:
        raise OSError(answer["errno"], os.strerror(answer["errno"]))
    if answer.get("error") in REFUSALS:
        raise REFUSALS[answer["error"]](str(answer.get("message")))
    try:
        return _decoded(answer["decoded"], spool)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("a %s file could not be decoded: %s", name, answer.get("trace", "no answer"))
        raise CorruptImage(
            f"the {READERS[name].title} file is damaged and cannot be decoded; "
            "send or save it again"
        ) from error


def _ask(task: dict[str, Any], limits: DecodeLimits) -> dict[str, Any]:
    """The child's answer; empty when what it said is no answer."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "cyclegan.images.child", json.dumps(task)],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=2 * limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ImageTooLarge(_too_slow(limits)) from error
    if child.returncode == -signal.SIGXCPU:
        raise ImageTooLarge(_too_slow(limits))
    if child.returncode == -signal.SIGKILL:
        raise ImageTooLarge("decoding the image took more memory than there is; crop it")
    if child.returncode < 0:
        log.warning("the decoding child was ended by signal %d", -child.returncode)
    return _parsed(child.stdout)


def _parsed(answer: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(answer)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _decoded(answer: dict[str, Any], spool: Path) -> Decoded:
    """The child's description; raises ValueError when it does not fit the spool or itself."""
    info = ImageInfo(**{**answer["info"], "notes": tuple(answer["info"]["notes"])})
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


def _too_slow(limits: DecodeLimits) -> str:
    return f"decoding the image takes longer than the {limits.seconds} s it may take; crop it"
