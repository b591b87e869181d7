"""Each part of the service once per data folder: a lock that the kernel gives back by itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cyclegan.errors import SettingsError


def lock_name(part: str) -> str:
    """The name of the file that whoever runs a part of the service holds in the data folder."""
    return f"{part}.lock"


@contextmanager
def folder_lock(folder: Path, part: str) -> Iterator[None]:
    """Hold the folder for a part; raises SettingsError that names the process which holds it."""
    try:
        descriptor = os.open(folder / lock_name(part), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:  # such as one that the administrator's own start has left behind
        raise SettingsError(
            f"{lock_name(part)} in the data folder cannot be written ({error.strerror}); see that "
            "all in the folder belongs to the user that the service runs as, and the disk has room"
        ) from error
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = file.read().strip()
            raise SettingsError(
                f"the {part} part already runs on this data folder (process {holder}); "
                "use that one, end it first, or name another folder: COLORMAPPER_DATA_DIR=..."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
