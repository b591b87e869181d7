"""The store that forgets: the twin of the others, for tests within one process."""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from app.stores import keys
from app.stores.store import NotStored, StoredObject, nothing


class MemoryStore:
    """Keeps objects for as long as it lives itself."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[StoredObject, bytes]] = {}
        self._lock = Lock()

    def put(
        self,
        key: str,
        path: Path,
        *,
        content_type: str,
        download_name: str,
        on_progress: Callable[[], None] = nothing,
    ) -> StoredObject:
        """Keep a copy of the file at `path` under the key."""
        keys.parts(key)
        data = path.read_bytes()
        on_progress()
        sha256 = hashlib.sha256(data).hexdigest()
        stored = StoredObject(key, len(data), sha256, content_type, download_name)
        with self._lock:
            kept, _ = self._objects.setdefault(key, (stored, data))
        if kept.sha256 != sha256:
            raise FileExistsError(errno.EEXIST, "other bytes are kept under this key", key)
        return kept

    def stat(self, key: str) -> StoredObject:
        """What is kept under the key; raises NotStored."""
        return self._find(key)[0]

    def open(self, key: str) -> BinaryIO:
        """The object's bytes, seekable; raises NotStored."""
        return io.BytesIO(self._find(key)[1])

    def fetch(self, key: str, path: Path) -> None:
        """Write the object to a file; raises NotStored."""
        path.write_bytes(self._find(key)[1])

    def delete(self, key: str) -> None:
        """Remove the object; removing what is not there does nothing."""
        with self._lock:
            self._objects.pop(key, None)

    def keys(self, prefix: str = "") -> Iterable[str]:
        """The keys that begin with the prefix, in no order."""
        with self._lock:
            return [key for key in self._objects if key.startswith(prefix)]

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
        """Do nothing: there is always room."""

    def _find(self, key: str) -> tuple[StoredObject, bytes]:
        try:
            return self._objects[key]
        except KeyError as error:
            raise NotStored(key) from error
