"""A slow line is no dead one."""

from __future__ import annotations

import socket
import time
from threading import Thread

import pytest
import requests

from app.stores.gcs_transport import Transport

SIZE = 12 * 2**20
SENDING_S = 1.0
"""Less than the body needs, also where buffers take a part of it at once."""


@pytest.fixture
def slow_address() -> str:
    """Takes a request of that size at 3 MB/s, and answers."""
    door = socket.create_server(("127.0.0.1", 0))
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)

    def serve() -> None:
        with door, door.accept()[0] as line:
            taken = 0
            while taken < SIZE:
                taken += len(line.recv(2**16))
                time.sleep(0.02)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{door.getsockname()[1]}"


def test_a_body_may_take_longer_than_the_timeout_as_long_as_it_moves(slow_address: str) -> None:
    transport, steps = Transport(), list[int]()
    with requests.Session() as session, transport.watched(lambda: steps.append(1)):
        session.mount("http://", transport)
        answer = session.put(slow_address, data=bytes(SIZE), timeout=(SENDING_S, 60))
    assert answer.status_code == 200
    assert len(steps) >= SIZE // 2**17
