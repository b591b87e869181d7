"""The store on a local disk: each object a folder with the file and what is known of it.

    store/2026-11/<token>/result.tif/data         the bytes
                                    /about.json   size, SHA-256, content type, download name
    store/.partial/<random>/                      objects being written

The folder of a finished object is renamed into place, which fails when there is one already: an
object is seen whole or not at all, and two writers are never mixed.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import BinaryIO

from app import disk
from app.stores import keys
from app.stores.store import NotStored, StoredObject, nothing

OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST})


class LocalStore:
    """Keeps objects in a folder of this machine; opening it removes what dead writers have left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._partial = folder / ".partial"
        disk.make_folder(self._partial)
        disk.sweep(self._partial)

    def put(
        self,
        key: str,
        path: Path,
        *,
        content_type: str,
        download_name: str,
        on_progress: Callable[[], None] = nothing,
    ) -> StoredObject:
        """Keep a copy of the file at `path` under the key, durably, before returning."""
        keys.parts(key)
        with disk.scratch(self._partial) as partial:
            complete = partial / "object"
            complete.mkdir()
            with path.open("rb") as source:
                digest = disk.write(_counted(disk.pieces(source), on_progress), complete / "data")
            stored = StoredObject(key, digest.size, digest.sha256, content_type, download_name)
            (complete / "about.json").write_text(json.dumps(asdict(stored)))
            for written in (complete / "data", complete / "about.json", complete):
                disk.sync(written)
            return self._settle(complete, stored)

    def stat(self, key: str) -> StoredObject:
        """What is kept under the key; raises NotStored."""
        try:
            about = (self._place(key) / "about.json").read_text()
        except FileNotFoundError as error:
            raise NotStored(key) from error
        return StoredObject(**json.loads(about))

    def open(self, key: str) -> BinaryIO:
        """The object's bytes, seekable, to be closed by the caller; raises NotStored."""
        try:
            return (self._place(key) / "data").open("rb")
        except FileNotFoundError as error:
            raise NotStored(key) from error

    def fetch(self, key: str, path: Path) -> None:
        """Copy the object to a file of this machine, or link it; it must not be written to."""
        source = self._place(key) / "data"
        try:
            disk.link_or_copy(source, path)
        except FileNotFoundError as error:
            raise NotStored(key) from error

    def delete(self, key: str) -> None:
        """Remove the object; removing what is not there does nothing."""
        if not keys.is_key(key):
            return
        place = self._place(key)
        # It goes away as a whole, by a rename, and is taken apart where nobody looks.
        with disk.scratch(self._partial) as partial, suppress(FileNotFoundError):
            place.rename(partial / "object")
            disk.sync(place.parent)
        _remove_if_empty(place.parent)
        _remove_if_empty(place.parent.parent)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with the prefix, in no order."""
        start = self._folder / prefix.rpartition("/")[0]
        for folder, folders, files in os.walk(start):
            folders[:] = [name for name in folders if not name.startswith(".")]
            if "about.json" in files:
                key = Path(folder).relative_to(self._folder).as_posix()
                if key.startswith(prefix) and keys.is_key(key):
                    yield key

    def link(self, key: str) -> str:
        """The path of this service under which the object is served."""
        return keys.result_link(key)

    def fresh_link(self, key: str) -> str:
        """The same path."""
        return keys.result_link(key)

    def ensure_opens(self, key: str) -> None:
        """Do nothing: what this service serves opens while it runs."""

    def look_ahead(self, today: date) -> None:
        """Do nothing: every month is as good as another."""

    def check(self) -> None:
        """Raise OSError when the store cannot take objects now."""
        with disk.scratch(self._partial) as partial:
            (partial / "probe").write_bytes(b"\0" * 4096)
            disk.sync(partial / "probe")

    def _place(self, key: str) -> Path:
        if not keys.is_key(key):
            raise NotStored(key)
        return self._folder / key

    def _settle(self, complete: Path, stored: StoredObject) -> StoredObject:
        place = self._folder / stored.key
        while True:
            try:
                disk.make_folder(place.parent)
                complete.rename(place)
            except FileNotFoundError:
                # The last object beside it was deleted just now, and the folder with it.
                if not complete.exists():
                    raise
                continue
            except OSError as error:
                if error.errno not in OCCUPIED:
                    raise
                with suppress(NotStored):  # what was there was deleted just now
                    return self._same(stored)
                continue
            with suppress(FileNotFoundError):  # as was what is there now, and its folder with it
                disk.sync(place.parent)
            return stored

    def _same(self, stored: StoredObject) -> StoredObject:
        kept = self.stat(stored.key)
        if (kept.size, kept.sha256) != (stored.size, stored.sha256):
            raise FileExistsError(errno.EEXIST, "other bytes are kept under this key", stored.key)
        return kept


def _counted(pieces: Iterable[bytes], on_progress: Callable[[], None]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        on_progress()


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno not in OCCUPIED | {errno.ENOENT}:
            raise
