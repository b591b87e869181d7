"""The store in Google Cloud Storage: objects in buckets, and links that open for whom they should.

gcs_connection   the client, its credentials and its patience
gcs_layouts      which bucket holds which key
gcs_upload       a file becomes an object, once and whole
gcs_reader       an object is read piece by piece
gcs_links        public, signed or through this service
gcs_errors       what can go wrong, and what to do
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote

from google.api_core.exceptions import NotFound
from google.cloud import storage

from app.settings import ServeSettings
from app.stores import keys
from app.stores.disposition import disposition
from app.stores.gcs_buckets import AccessModes, is_there
from app.stores.gcs_client import Patience
from app.stores.gcs_connection import Connection, connect
from app.stores.gcs_errors import missing
from app.stores.gcs_layouts import LAYOUTS, Layout
from app.stores.gcs_links import LINKS, Links
from app.stores.gcs_reader import Reader
from app.stores.gcs_sums import Sums, sums_of
from app.stores.gcs_upload import Upload
from app.stores.store import NotStored, StoredObject, StoreRefused, StoreUnavailable, nothing

CACHE_CONTROL = "private, max-age=0, no-cache"
"""Also for public objects: a browser asks each time whether what it has still holds, which costs it
an answer without a body, and an object that was deleted is gone at once. Without this Google lets
caches of public objects serve them for another hour."""
CHECK_S = 5.0


class GcsStore:
    """Keeps objects in a bucket, or in one for each month; safe to share between threads."""

    def __init__(self, settings: ServeSettings, *, patience: Patience | None = None) -> None:
        """Open it; raises SettingsError when there are no credentials. Asks no bucket."""
        self._connection: Connection = connect(settings, patience or Patience())
        self._layout: Layout = LAYOUTS[settings.layout](self._connection)
        self._links: Links = LINKS[settings.links](self._connection)
        self._modes = AccessModes(self._connection)

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
        blob = self._blob(key)
        self._layout.require(key)
        # Asked first: a large file is not read again and again for a bucket that is away.
        with self._connection.telling(blob.bucket.name):
            kept = blob.bucket.get_blob(blob.name, **self._asking)
        sums = sums_of(path, on_progress)
        if kept is None:
            _describe(blob, StoredObject(key, sums.size, sums.sha256, content_type, download_name))
            kept = Upload(self._connection, blob, path, sums, self._modes, on_progress).run()
        if not _holds(kept, sums):
            raise FileExistsError(errno.EEXIST, "other bytes are kept under this key", key)
        return _stored(key, kept)

    def stat(self, key: str) -> StoredObject:
        """What is kept under the key; raises NotStored."""
        return _stored(key, self._loaded(key))

    def open(self, key: str) -> BinaryIO:
        """The object's bytes, seekable, to be closed by the caller; raises NotStored.

        What is read of an object that is deleted meanwhile ends in StoreUnavailable after some MiB.
        """
        return cast(BinaryIO, Reader(self._connection, self._loaded(key)))

    def fetch(self, key: str, path: Path) -> None:
        """Copy the object to a new file of this machine, checked; raises NotStored."""
        blob = self._loaded(key)
        name = blob.bucket.name
        with ExitStack() as undo:
            with path.open("xb") as file, self._connection.telling(name):
                undo.callback(path.unlink)
                blob.download_to_file(file, checksum=None, **self._asking)
            # Not left to the library, which checks no download that it had to resume.
            if not _holds(blob, sums_of(path, nothing)):
                raise StoreUnavailable(f"what came from gs://{name} is damaged")
            undo.pop_all()

    def delete(self, key: str) -> None:
        """Remove the object; removing what is not there does nothing."""
        if not keys.is_key(key):
            return
        blob = self._blob(key)
        with self._connection.telling(blob.bucket.name), suppress(NotFound):
            blob.delete(**self._asking)

    def keys(self, prefix: str = "") -> Iterable[str]:
        """The keys that begin with the prefix, in no order."""
        found = []
        for bucket, inner, head in self._layout.folders(prefix):
            with self._connection.telling(bucket):
                blobs = self._connection.client.list_blobs(bucket, prefix=inner, **self._asking)
                found += [key for blob in blobs if keys.is_key(key := head + blob.name)]
        return found

    def link(self, key: str) -> str:
        """The address that people pass on, as the setting `links` has it."""
        return self._links.link(key, self._blob(key))

    def fresh_link(self, key: str) -> str:
        """An address at which the object opens now."""
        return self._links.fresh_link(key, self._blob(key))

    def ensure_opens(self, key: str) -> None:
        """Follow the link as somebody without credentials; raises StoreRefused with the cure."""
        self._links.ensure_opens(key, self._blob(key))

    def look_ahead(self, today: date) -> None:
        """Make the buckets that this month and the next need, where each month has its own."""
        self._layout.look_ahead(today)

    def check(self) -> None:
        """Raise StoreUnavailable when today's bucket does not answer within seconds."""
        bucket = self._layout.today(datetime.now(UTC).date())
        with self._connection.telling(bucket):
            wait_s = min(CHECK_S, self._connection.patience.silence_s)
            listed = self._connection.client.list_blobs(
                bucket, max_results=1, timeout=wait_s, retry=None
            )
            next(iter(listed), None)

    @property
    def _asking(self) -> dict[str, Any]:
        return self._connection.patience.asking

    def _blob(self, key: str) -> storage.Blob:
        """The object of the key, of which nothing is known yet; raises ValueError."""
        bucket, name = self._layout.place(key)
        return self._connection.client.bucket(bucket).blob(name)

    def _loaded(self, key: str) -> storage.Blob:
        """The object with what is known of it; raises NotStored."""
        if not keys.is_key(key):
            raise NotStored(key)
        blob = self._blob(key)
        name = blob.bucket.name
        with self._connection.telling(name):
            try:
                blob.reload(**self._asking)
            except NotFound as error:
                if is_there(self._connection, name):
                    raise NotStored(key) from error
                raise missing(self._connection.place(name)) from error
        return blob


def _describe(blob: storage.Blob, stored: StoredObject) -> None:
    """What goes with the object: for browsers, and for us when we find it again."""
    blob.content_type = stored.content_type
    blob.content_disposition = disposition(stored.download_name, stored.content_type)
    blob.cache_control = CACHE_CONTROL
    # Metadata travels in headers, too, where only ASCII is safe.
    blob.metadata = {"sha256": stored.sha256, "name": quote(stored.download_name)}


def _stored(key: str, blob: storage.Blob) -> StoredObject:
    """What is known of an object that is loaded."""
    metadata = blob.metadata or {}
    if not metadata.keys() >= {"sha256", "name"}:
        raise StoreRefused(
            f"gs://{blob.bucket.name} holds an object that this service did not write; "
            f"move it away: {blob.name}"
        )
    return StoredObject(
        key, blob.size, metadata["sha256"], blob.content_type, unquote(metadata["name"])
    )


def _holds(blob: storage.Blob, sums: Sums) -> bool:
    return bool((blob.size, blob.crc32c) == (sums.size, sums.crc32c))
