"""How bodies go out: a little at a time, so that a slow line is told from a dead one.

A piece of an upload given to the socket as a whole must be gone within one timeout, which a line of
1 MB/s misses with 8 MiB in 5 s. Read in small portions it may take as long as it moves.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from threading import local
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

LONG_BYTES = 2**16
"""Bodies of more bytes go out in portions."""
STEP_BYTES = 2**17
"""How much is sent between two signs of progress: a second or two on a slow line."""
CONNECTIONS = 64
"""Kept open for threads that serve at once."""


class Ended(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """Whoever watches an upload has ended it; the cause says why."""


class Transport(HTTPAdapter):
    """Sends long bodies in portions, and tells the thread that watches of every one."""

    def __init__(self) -> None:
        super().__init__(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS)
        self._watching = local()

    @contextmanager
    def watched(self, on_progress: Callable[[], None]) -> Iterator[None]:
        """Call `on_progress` for each portion that this thread sends; what it raises goes out."""
        self._watching.on_progress = on_progress
        try:
            yield
        except Ended as ended:
            raise ended.__cause__ or ended from None
        finally:
            del self._watching.on_progress

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        """Send the request as `requests` would, the body in portions when it is a long one."""
        if isinstance(request.body, bytes) and len(request.body) > LONG_BYTES:
            on_progress = getattr(self._watching, "on_progress", lambda: None)
            request.body = Portions(request.body, on_progress)  # type: ignore[assignment]
        return super().send(request, *args, **kwargs)


class Portions(io.BytesIO):
    """Bytes that urllib3 reads and sends in portions of 16 KiB; now and then it is announced."""

    def __init__(self, body: bytes, on_progress: Callable[[], None]) -> None:
        super().__init__(body)
        self._on_progress = on_progress
        self._announced = -STEP_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        """The next portion."""
        if self.tell() - self._announced >= STEP_BYTES:
            self._announced = self.tell()
            self._announce()
        return super().read(size)

    def _announce(self) -> None:
        try:
            self._on_progress()
        except (OSError, HTTPException) as error:
            # As they are these would be taken for the network's, and all be tried again.
            raise Ended from error
