"""Bringing a file into a bucket: exactly once, whole, and public from its first moment or never.

The bucket takes an object only where there is none (`if_generation_match=0`) and only with the
checksum that the file had. An answer that is lost makes a repeated request fail with 412: then the
object is looked at, and the same bytes are a success.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from google.api_core.exceptions import BadRequest, GoogleAPICallError
from google.cloud import storage

from app.stores.gcs_buckets import AccessModes, is_there
from app.stores.gcs_client import transport
from app.stores.gcs_connection import Connection
from app.stores.gcs_errors import missing, prevented, said
from app.stores.gcs_sums import Sums
from app.stores.store import StoreUnavailable

PIECE_BYTES = 8 * 2**20
"""Of a resumable upload; a multiple of 256 KiB. What an upload holds in memory."""
DOUBTFUL = frozenset({400, 404, 408, 409, 410, 412})
"""With these a bucket may answer a repeated request that it has obeyed the first time."""


@dataclass(frozen=True)
class Upload:
    """A file on its way to an object."""

    connection: Connection
    blob: storage.Blob
    """With its metadata; its checksum is taken from the sums."""
    path: Path
    sums: Sums
    modes: AccessModes
    on_progress: Callable[[], None]

    def run(self) -> storage.Blob:
        """Bring it there; what the bucket keeps then, which may be what another has brought.

        Raises StoreUnavailable and StoreRefused, OSError for an error of the local file, and what
        `on_progress` raises. No object is left by an upload that fails.
        """
        with self.connection.telling(self.blob.bucket.name):
            return self._bring()

    def _kept(self) -> storage.Blob | None:
        return self.blob.bucket.get_blob(self.blob.name, **self.connection.patience.asking)

    def _bring(self) -> storage.Blob:
        name = self.blob.bucket.name
        listed = self.connection.settings.links == "public" and not self.modes.is_uniform(name)
        try:
            return self._send(listed=listed)
        except BadRequest as error:
            if listed and "uniform bucket-level access" in said(error):
                self.modes.note(name, uniform=True)
                return self._bring()
            return self._look_again(error, listed=listed)
        except GoogleAPICallError as error:
            return self._look_again(error, listed=listed)

    def _send(self, *, listed: bool) -> storage.Blob:
        """Send the bytes; with a list of its own the object is public as soon as it is there."""
        self.blob.chunk_size = PIECE_BYTES
        self.blob.crc32c = self.sums.crc32c
        watched = transport(self.connection.client).watched(self.on_progress)
        with self.path.open("rb") as file, watched:
            try:
                self.blob.upload_from_file(
                    file,
                    size=self.sums.size,
                    content_type=self.blob.content_type,
                    predefined_acl="publicRead" if listed else None,
                    if_generation_match=0,
                    checksum=None,  # it is in the metadata, which makes the bucket check it
                    **self.connection.patience.asking,
                )
            except ValueError as error:
                # The library gives up when the bucket keeps only a part of a piece.
                if "unexpected state" not in str(error):
                    raise
                raise self._incomplete() from error
        self._compare()
        return self.blob

    def _compare(self) -> None:
        """Remove what has arrived when it is not what was sent."""
        if (self.blob.size, self.blob.crc32c) != (self.sums.size, self.sums.crc32c):
            asking = self.connection.patience.asking
            self.blob.delete(if_generation_match=self.blob.generation, **asking)
            raise self._incomplete()

    def _look_again(self, error: GoogleAPICallError, *, listed: bool) -> storage.Blob:
        """The object, when the error only means that it is there already."""
        if error.code not in DOUBTFUL:
            raise error
        kept = self._kept()
        if kept is not None:
            return kept
        name = self.blob.bucket.name
        if error.code == HTTPStatus.PRECONDITION_FAILED:
            raise (
                prevented(self.connection.place(name)) if listed else self._incomplete()
            ) from error
        if error.code == HTTPStatus.NOT_FOUND:
            if not is_there(self.connection, name):
                raise missing(self.connection.place(name)) from error
            raise self._incomplete() from error
        raise error

    def _incomplete(self) -> StoreUnavailable:
        return StoreUnavailable(f"gs://{self.blob.bucket.name} did not take the whole upload")
