"""The data folder: whether the service can write there, and how much."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.diagnosis.finding import Finding
from app.settings import ServeSettings

GIB = 2**30
FLOOR_BYTES = GIB
"""Below this the database and the parts of a job in progress are in danger."""
AT_EASE = 10
"""So many of the largest uploads should have room, with what becomes of them."""
ROOM = "Make room, or name a folder on a larger disk: COLORMAPPER_DATA_DIR=..."


def check_folder(settings: ServeSettings) -> Iterator[Finding]:
    """Whether the folder can be written by this user, and whether there is room."""
    folder = settings.data_dir.absolute()
    if folder.exists() and not folder.is_dir():
        text = f"{folder} is a file, and not a folder"
        yield Finding("bad", "data folder", text, "Name another: COLORMAPPER_DATA_DIR=...")
        return
    there = _nearest(folder)
    yield _writing(folder, there, settings.mode)
    yield _room(settings, there)


def _nearest(folder: Path) -> Path:
    """The folder itself, or the one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _writing(folder: Path, there: Path, mode: str) -> Finding:
    subject = "data folder"
    try:
        with tempfile.TemporaryFile(dir=there) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return Finding(
            "bad", subject, f"{there} cannot be written: {error.strerror}", _cure(error, there)
        )
    owner = there.stat().st_uid
    if os.geteuid() == 0 != owner:
        text = f"{there} belongs to {_name(owner)}; this check runs as root, who may write anything"
        again = f"sudo --preserve-env -u {_name(owner)} .venv/bin/python scripts/doctor.py {mode}"
        return Finding("warn", subject, text, f"Check as the user of the service: {again}")
    if there != folder:
        return Finding("ok", subject, f"{folder} is made by the first start")
    return Finding("ok", subject, f"{folder} can be written")


def _cure(error: OSError, there: Path) -> str:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Run: sudo chown -R {_name(os.geteuid())} {there}"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ROOM
    return "Name a folder on a disk that can be written: COLORMAPPER_DATA_DIR=..."


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)  # containers have users without a name


def _room(settings: ServeSettings, there: Path) -> Finding:
    free, subject = shutil.disk_usage(there).free, "free disk"
    text = f"{free / GIB:.1f} GiB are free at {there}"
    needed = settings.max_bytes + FLOOR_BYTES
    if free < needed:
        text += f"; the largest upload and what comes of it need {needed / GIB:.1f} GiB"
        return Finding("bad", subject, text, ROOM)
    if free < AT_EASE * settings.max_bytes:
        text += f", few for uploads of {settings.max_bytes / GIB:.1f} GiB"
        return Finding("warn", subject, text, ROOM)
    return Finding("ok", subject, text)
