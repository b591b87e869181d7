"""Zip files of arrays, which must not swell: torch and numpy write theirs unpacked."""

from __future__ import annotations

import io
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

OVERHEAD_BYTES = 2**20

# What numpy raises on bytes that are cut short, changed or no npz at all.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    SyntaxError,
    RuntimeError,
    OverflowError,
    MemoryError,
)


def write_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The content of an npz file with these arrays."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def read_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays in the content of an npz file, by their names; nothing is unpickled.

    Raises ValueError whose message says the fault as the rest of "the file ...".
    """
    require_unpacked(data)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return dict(file)
    except _DAMAGE as error:
        raise ValueError("is cut short, damaged or no npz file") from error


def require_unpacked(data: bytes) -> None:
    """Raise ValueError when the content of a zip file is larger than the file itself.

    What is no zip file, or a damaged one, is let through: whoever reads it says so.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return
    if size > len(data) + OVERHEAD_BYTES:
        raise ValueError(f"would swell from {len(data):,} to {size:,} bytes")


def require_intact(data: bytes) -> None:
    """Raise ValueError when a part of a zip file is not what its checksum says.

    Torch writes the sums and does not look at them; it can be told to write 0 instead. What is no
    zip file is let through.
    """
    try:
        if not zipfile.is_zipfile(io.BytesIO(data)):
            return
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                if entry.CRC:
                    archive.read(entry)
    except _DAMAGE as error:
        raise ValueError("is damaged") from error
