"""An exchange with whoever vouches for people, which ends in time and stays small.

What requests calls a timeout is for each piece that arrives, however small: an answer that drips
would hold a thread of ours for hours. Here the connection itself is cut when its time is over.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

PATIENCE_S = 5.0
"""For a connection, and for each piece of an answer."""
WHOLE_S = 15.0
"""For all of it, but for what connecting takes beyond that."""
MOST_BYTES = 2**20
"""Of an answer, unpacked; what providers say of themselves has some thousand."""
PIECE_BYTES = 2**16


class TooMuch(requests.RequestException):
    """The answer is larger than anything that was asked for."""


class Bounded(HTTPAdapter):
    """Carries the requests of one session in one thread, each within some seconds and bytes."""

    def __init__(self, *, whole_s: float = WHOLE_S, most_bytes: int = MOST_BYTES) -> None:
        self._whole_s = whole_s
        self._most_bytes = most_bytes
        self._cutter = _Cutter()
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as it calls us
        """Have connections made that can be cut."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._cutter)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """The same for those through a proxy of the network."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _pools(self._cutter)
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> requests.Response:
        """The whole answer; raises RequestException when it takes too long or is too large."""
        kwargs |= {"stream": True, "timeout": PATIENCE_S}
        with self._cutter.cutting_after(self._whole_s):
            answer = super().send(request, *args, **kwargs)
            try:
                answer._content = self._read(answer)
            finally:
                answer.close()
        return answer

    def _read(self, answer: requests.Response) -> bytes:
        body = bytearray()
        for piece in answer.iter_content(PIECE_BYTES):
            body += piece
            if len(body) > self._most_bytes:
                raise TooMuch(f"more than {self._most_bytes} bytes")
        return bytes(body)


def bound(session: requests.Session, adapter: Bounded | None = None) -> None:
    """Let a session, which is used by one thread, exchange nothing without bounds."""
    adapter = adapter or Bounded()
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)


class _Cutter:
    """Ends the connections of an exchange whose time is over."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: list[socket.socket] = []
        self._is_over = False

    @contextmanager
    def cutting_after(self, seconds: float) -> Iterator[None]:
        """Cut what is connected within the block, should it last longer; raises Timeout then."""
        timer = Timer(seconds, self._cut)
        timer.daemon = True
        self._is_over = False
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                while self._held:
                    self._held.pop().close()
            if self._is_over:  # however that looked to whoever was reading
                raise requests.Timeout(f"no end within {seconds} s")

    def hold(self, connection: socket.socket) -> socket.socket:
        """The connection, which is cut with the others."""
        with self._lock:
            self._held.append(connection.dup())  # TLS takes the original over
        if self._is_over:
            self._cut()
        return connection

    def _cut(self) -> None:
        with self._lock:
            self._is_over = True
            for connection in self._held:
                with suppress(OSError):  # the other side was faster
                    connection.shutdown(socket.SHUT_RDWR)


def _pools(cutter: _Cutter) -> dict[str, type[HTTPConnectionPool]]:
    """What urllib3 makes connections by, so that the cutter holds each of them."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return cutter.hold(super()._new_conn())

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return cutter.hold(super()._new_conn())

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
