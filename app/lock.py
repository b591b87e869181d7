"""One service per data folder: a lock that the kernel gives back when its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cyclegan.errors import SettingsError

NAME = "service.lock"


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the folder; raises SettingsError that names the process which holds it already."""
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(
                f"Color Mapper already runs on this data folder (process {file.read().strip()}); "
                "use that one, end it first, or name another folder: COLORMAPPER_DATA_DIR=..."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
