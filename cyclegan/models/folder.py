"""Folders that appear, or take another's place, complete or not at all."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cyclegan.errors import ModelError

AT_FDCWD = -100
RENAME_EXCHANGE = 2
"""Both out of Linux's own headers, fcntl.h and fs.h."""


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """A new folder beside another, which is removed at the end if it has no other name by then."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    new.chmod(0o755)  # mkdtemp lets only its owner in
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def sync(folder: Path) -> None:
    """Force the files of a folder to the disk."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def exchange(new: Path, folder: Path) -> None:
    """Give each of two folders the other's name, in one step.

    Python has no name for this call of Linux (renameat2), which is the only one that leaves no
    moment without a package. Raises ModelError where the file system cannot do it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    names = (os.fsencode(new), os.fsencode(folder))
    if libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0:
        return
    if ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.EXDEV):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    raise ModelError(
        "the file system of the models folder cannot exchange two folders in one step; calibrate "
        "a copy of the package on a local disk and move that here"
    )
