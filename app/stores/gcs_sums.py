"""What a file is known by: its size and its checksums, read in one pass."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import google_crc32c

from app import disk


@dataclass(frozen=True)
class Sums:
    """Size in bytes, SHA-256 in hexadecimal, CRC32C as Google writes it."""

    size: int
    sha256: str
    crc32c: str


def sums_of(path: Path, on_progress: Callable[[], None]) -> Sums:
    """The sums of a file; `on_progress` is called for each MiB."""
    sha256, crc32c, size = hashlib.sha256(), 0, 0
    with path.open("rb") as file:
        for piece in disk.pieces(file):
            sha256.update(piece)
            crc32c = google_crc32c.extend(crc32c, piece)
            size += len(piece)
            on_progress()
    return Sums(size, sha256.hexdigest(), b64encode(crc32c.to_bytes(4, "big")).decode())
