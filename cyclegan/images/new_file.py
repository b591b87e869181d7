"""A file that gets its name only when it is complete and safe on disk."""

from __future__ import annotations

import os
import secrets
from io import FileIO
from pathlib import Path


class NewFile:
    """A file under a temporary name in the target's folder, until it is published or discarded."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = target.with_name(f".{secrets.token_hex(8)}.part")
        """Where the bytes go until then."""
        self.path.touch(exist_ok=False)

    def open(self) -> FileIO:
        """The file for `write_all`; closing it writes nothing, so that it cannot fail either."""
        return self.path.open("wb", buffering=0)

    def publish(self) -> None:
        """Force the bytes to disk and give them the target's name, replacing what had it."""
        sync(self.path, os.O_RDWR)
        self.path.rename(self._target)
        sync(self._target.parent, os.O_RDONLY)

    def discard(self) -> None:
        """Remove the file unless it was published."""
        self.path.unlink(missing_ok=True)


def write_all(file: FileIO, data: bytes) -> None:
    """Append bytes; the system may take a part of them at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def sync(path: Path, flags: int) -> None:
    """Force a file (`os.O_RDWR`) or the names in a folder (`os.O_RDONLY`) to disk."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
