"""A slow line to a bucket, which notes how many uploads were cut off in the middle."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from typing import BinaryIO
from urllib.parse import urlsplit

PIECE_BYTES = 16 * 1024
LONG_BYTES = 64 * 1024
"""What sends more than that brings an object."""


@dataclass
class Road:
    """What went over the line."""

    url: str
    under_way: int = 0
    """Uploads that have begun and not ended."""
    cut: int = 0
    """Uploads that ended before all of their bytes had come."""
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def upload(self) -> Iterator[None]:
        """The time in which an upload's bytes come; what it raises has cut it off."""
        with self._lock:
            self.under_way += 1
        try:
            yield
        except OSError:
            with self._lock:
                self.cut += 1
            raise
        finally:
            with self._lock:
                self.under_way -= 1


@contextmanager
def slow_road(to: str, *, bytes_per_s: float) -> Iterator[Road]:
    """A line to an HTTP server, so slow in its direction."""
    target = (urlsplit(to).hostname, urlsplit(to).port)

    class Handler(BaseRequestHandler):
        """Passes requests on; answers come back at once."""

        def handle(self) -> None:
            with suppress(OSError), socket.create_connection(target) as server:
                answers = Thread(target=_pass_back, args=(server, self.request), daemon=True)
                answers.start()
                with self.request.makefile("rb") as requests:
                    while _pass_request(requests, server, road, bytes_per_s):
                        pass

    class Server(ThreadingTCPServer):
        """Serves each connection in a thread."""

        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as listening:
        road = Road(f"http://127.0.0.1:{listening.server_address[1]}")
        thread = Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield road
        finally:
            listening.shutdown()
            thread.join()


def _pass_request(requests: BinaryIO, server: socket.socket, road: Road, rate: float) -> bool:
    """Pass one request on; False when there is no further one."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = requests.readline()
        if not line:
            return False
        head += line
    server.sendall(head)
    fields = dict(line.lower().split(b":", 1) for line in head.splitlines() if b":" in line)
    size = int(fields.get(b"content-length", b"0"))
    if size < LONG_BYTES:
        _pass_body(requests, server, size, rate)
        return True
    with road.upload():
        _pass_body(requests, server, size, rate)
    return True


def _pass_body(requests: BinaryIO, server: socket.socket, size: int, rate: float) -> None:
    while size:
        piece = requests.read(min(size, PIECE_BYTES))
        if not piece:
            raise ConnectionError("the sender has gone")
        time.sleep(len(piece) / rate)
        server.sendall(piece)
        size -= len(piece)


def _pass_back(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while piece := server.recv(PIECE_BYTES):
            client.sendall(piece)
        client.shutdown(socket.SHUT_RDWR)
