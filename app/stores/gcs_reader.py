"""An object as a file to read from: seekable, a piece in memory at a time."""

from __future__ import annotations

import io

from google.api_core.exceptions import NotFound
from google.cloud import storage

from app.stores.gcs_connection import Connection
from app.stores.store import StoreUnavailable

PIECE_BYTES = 2 * 2**20
"""Asked for at once: few enough for a viewer that wants a tile, enough to stream 30 MB/s."""


class Reader(io.BufferedIOBase):
    """The bytes of one generation of an object, whose size is known.

    Reading raises StoreUnavailable and StoreRefused. An object that is deleted while it is read
    ends in StoreUnavailable with the next piece.
    """

    def __init__(self, connection: Connection, blob: storage.Blob) -> None:
        self._connection = connection
        self._blob = blob
        self._source = blob.open("rb", chunk_size=PIECE_BYTES, **connection.patience.asking)

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """That many bytes, fewer at the end; all that are left without a size."""
        left = self._blob.size - self._source.tell()
        if left <= 0:
            return b""
        with self._connection.telling(self._blob.bucket.name):
            try:
                return bytes(self._source.read(-1 if size is None or size < 0 else min(size, left)))
            except NotFound as error:
                raise StoreUnavailable("the object was deleted while it was read") from error

    def read1(self, size: int = -1, /) -> bytes:
        """As `read`."""
        return self.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in the object; asks nobody."""
        place: int = self._source.seek(offset, whence)
        return place

    def tell(self) -> int:
        """The place in the object, in bytes."""
        place: int = self._source.tell()
        return place

    def close(self) -> None:
        """Let go of the piece that is held."""
        self._source.close()
        super().close()
