"""Putting and reading one object, as the tests of the cloud's store do it."""

from __future__ import annotations

import random
from pathlib import Path

from app.stores import Store, StoredObject

UNGUESSED = "kI3_-aZ09bcdefghijklmn"
KEY = f"2026-11/{UNGUESSED}/result.tif"


def put(store: Store, path: Path, key: str = KEY, **given: str) -> StoredObject:
    about = {"content_type": "image/tiff", "download_name": "kidney-he.tif", **given}
    return store.put(
        key, path, content_type=about["content_type"], download_name=about["download_name"]
    )


def read(store: Store, key: str = KEY) -> bytes:
    with store.open(key) as stream:
        return stream.read()


def large(folder: Path, size: int = 20_000_003) -> Path:
    """A file that goes up in several pieces, with bytes that cannot be confused."""
    path = folder / "large"
    path.write_bytes(random.Random(size).randbytes(size))
    return path
