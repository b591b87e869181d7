"""Files that survive a crash, and folders that a crash does not leave behind.

A folder of `scratch` is locked for as long as its process lives; `sweep` removes the unlocked ones.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PIECE_BYTES = 2**20
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What a system says when there is no more room for a file."""
UNLINKABLE = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP})
"""What it says when a file cannot have a second name."""


@dataclass(frozen=True)
class Digest:
    """What was read: its size in bytes and its SHA-256, hexadecimal."""

    size: int
    sha256: str


def is_full(error: OSError) -> bool:
    """Whether the error means that there is no more room on the disk."""
    return error.errno in FULL


def require_room(folder: Path, size: int) -> None:
    """Raise OSError (ENOSPC) when `size` bytes do not fit on the folder's disk."""
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def pieces(source: BinaryIO) -> Iterator[bytes]:
    """All that the source gives, a little at a time."""
    while piece := source.read(PIECE_BYTES):
        yield piece


def write(source: Iterable[bytes], target: Path) -> Digest:
    """Write the pieces to a new file and say what it was; it is not yet forced to disk."""
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        for piece in source:
            digest.update(piece)
            size += file.write(piece)
    return Digest(size, digest.hexdigest())


def digest_of(path: Path) -> Digest:
    """The size and SHA-256 of a file."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Digest(file.tell(), sha256)


def sync(path: Path) -> None:
    """Force to disk the bytes of a file, or which names are in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder for this user alone, durably; one that is there is left as it is."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync(folder.parent)


def link_or_copy(source: Path, path: Path) -> None:
    """Give the file a second name, or copy it where that cannot be; it must not be written to."""
    try:
        path.hardlink_to(source)
    except OSError as error:
        if error.errno not in UNLINKABLE:
            raise
        shutil.copyfile(source, path)


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A new folder inside the parent, removed at the end with all that is in it."""
    make_folder(parent)
    folder, lock = _locked_folder(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep(parent: Path) -> None:
    """Remove the folders of `scratch` whose processes have died."""
    for folder in [path for path in parent.glob("*") if path.is_dir()]:
        lock = lock_folder(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def lock_folder(folder: Path) -> int | None:
    """An open descriptor that holds the folder's lock; None when a process has it, or it is gone.

    The lock ends with the descriptor, however the process ends, and stays when the folder is moved.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        folder = parent / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        lock = lock_folder(folder)
        # A sweep may have come between the folder and its lock: then another one is made.
        if lock is not None and folder.exists():
            return folder, lock
        if lock is not None:
            os.close(lock)
