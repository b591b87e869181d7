"""The body of a request while it arrives: silent senders are cut, refused ones are heard out.

Knows sockets and WSGI, nothing of forms.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, ClientDisconnected, RequestTimeout
from werkzeug.wsgi import get_content_length

SILENCE_S = 60.0
"""A client that neither sends nor takes a byte for so long is cut."""
LINGER_S = 15.0
"""How long the rest of a refused body is read, so that its sender gets to read the refusal."""
QUIET_S = 1.0
"""A refused sender that is silent for so long has nothing more to say."""
LAST_DATA_RECV = slice(52, 56)
"""Where `tcpi_last_data_recv`, milliseconds, is in Linux's `struct tcp_info`."""
SMALL_BYTES = 64 * 2**10
"""An unread rest up to here is read to keep the connection; beyond, the connection is closed."""


class RequestBody:
    """`wsgi.input`, which knows how much of it is still to come."""

    def __init__(self, environ: dict[str, Any], *, silence_s: float = SILENCE_S) -> None:
        self._stream = environ["wsgi.input"]
        self._socket: socket.socket | None = environ.get("gunicorn.socket") or environ.get(
            "werkzeug.socket"
        )
        is_chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        self._left = None if is_chunked else get_content_length(environ) or 0
        self._ended = False
        self._is_last = _is_last(environ)
        if self._socket is not None:
            self._socket.settimeout(silence_s)

    @property
    def is_read(self) -> bool:
        """Whether nothing of the body is left to read."""
        return self._ended or self._left == 0

    @property
    def is_cut(self) -> bool:
        """Whether it has ended before the length that was announced."""
        return self._ended and bool(self._left)

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end.

        Raises RequestTimeout when the sender is silent, and BadRequest when it has gone or what it
        sends makes no sense.
        """
        if self._left is not None:
            size = self._left if size < 0 else min(size, self._left)
        try:
            data: bytes = self._stream.read(size)
        except TimeoutError as error:
            raise RequestTimeout("The request body stopped arriving; send it again.") from error
        except ConnectionError as error:
            raise ClientDisconnected from error
        except ParseException as error:
            raise BadRequest("The chunks of the request body are malformed.") from error
        self._ended = self._ended or (not data and size != 0)
        if self._left is not None:
            self._left -= len(data)
        return data

    def pieces(self, size: int) -> Iterator[bytes]:
        """The rest of the body, up to `size` bytes at a time; less than that when it is cut."""
        while piece := self.read(size):
            yield piece

    def end_if_silent(self, silence_s: float) -> None:
        """End the body, from another thread, if nothing of it has arrived for so long."""
        with suppress(OSError):
            if self._socket is not None and _silence_of(self._socket) > silence_s:
                self._socket.shutdown(socket.SHUT_RD)

    def finish(self, *, linger_s: float = LINGER_S) -> None:
        """After the answer was sent: read on for a bounded time, then hang up where need be.

        Closing a socket with unread bytes in it resets the connection, and the sender loses the
        answer that said why.
        """
        if self._socket is None:
            return
        with suppress(OSError, RequestTimeout):
            self._socket.settimeout(QUIET_S)
            while self._left is not None and self._left <= SMALL_BYTES and not self.is_read:
                self.read()
        # gunicorn 27 waits up to 2 s for a client to hang up in the thread that accepts all
        # others; here it is this request's own thread that waits.
        if self._is_last or not self.is_read:
            _hang_up(self._socket, linger_s)


def _silence_of(connection: socket.socket) -> float:
    """Seconds since anything arrived; the kernel's word, as our own thread may be the slow one."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA_RECV.stop)
    return int.from_bytes(info[LAST_DATA_RECV], sys.byteorder) / 1000


def _hang_up(connection: socket.socket, linger_s: float) -> None:
    deadline = time.monotonic() + linger_s
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)  # the sender sees the end of the answer at once
        while time.monotonic() < deadline and connection.recv(SMALL_BYTES):
            pass
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)  # or the server would wait for the rest again


def _is_last(environ: dict[str, Any]) -> bool:
    """Whether the client asks for the connection to be closed after this request."""
    wish = environ.get("HTTP_CONNECTION", "").lower()
    is_old = environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return "close" in wish or (is_old and "keep-alive" not in wish)
