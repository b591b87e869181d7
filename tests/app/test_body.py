"""Bodies over real sockets: refused early, heard out, cut when silent."""

from __future__ import annotations

import io
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests
from werkzeug.exceptions import RequestTimeout

from app.body import RequestBody
from tests.app.web import MAX_BYTES, Server, png

FORM = "Content-Type: multipart/form-data; boundary=x\r\n"
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


def ask(server: Server, head: str, body: bytes = b"") -> bytes:
    """All that the server says to a request that is then silent, with the write side open."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(f"{head}Host: 127.0.0.1\r\n\r\n".encode() + body)
        said = b""
        while data := connection.recv(65536):
            said += data
        return said


def files_in(server: Server) -> list[Path]:
    return [path for path in (server.folder / "incoming").rglob("*") if path.is_file()]


def chunked(pieces: int) -> Iterator[bytes]:
    yield PART
    for _ in range(pieces):
        yield bytes(50_000)


def test_a_declared_length_over_the_limit_is_refused_before_the_body(server: Server) -> None:
    said = ask(server, f"POST /api/v1/jobs HTTP/1.1\r\n{FORM}Content-Length: 999999999\r\n")
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b'"request_entity_too_large"' in said


@pytest.mark.parametrize("route", ["/api/v1/jobs", "/api/v1/jobs/nobody/cancel", "/nowhere"])
@pytest.mark.parametrize("size", [MAX_BYTES + 100_000, 40_000_000])
def test_a_sender_of_too_much_gets_to_read_the_refusal(
    server: Server, route: str, size: int
) -> None:
    answer = requests.post(
        f"{server.url}{route}", files={"file": ("a.png", bytes(size))}, timeout=60
    )
    assert answer.status_code == 413
    assert answer.json()["error"]["request_id"] == answer.headers["X-Request-ID"]


def test_a_chunked_body_is_cut_when_it_is_over_the_limit(server: Server) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = requests.post(
        f"{server.url}/api/v1/jobs", data=chunked(400), headers=headers, timeout=60
    )
    assert answer.status_code == 413
    assert files_in(server) == []


def test_two_thousand_parts_get_to_read_the_refusal(server: Server) -> None:
    files = [("file", (f"{number}.png", b"x" * 90)) for number in range(1500)]
    answer = requests.post(f"{server.url}/api/v1/jobs", files=files, timeout=60)
    assert answer.status_code == 413
    assert files_in(server) == []


def test_a_connection_outlives_a_small_refusal(server: Server) -> None:
    with requests.Session() as session:
        for _ in range(3):
            refused = session.post(
                f"{server.url}/api/v1/jobs/nobody/cancel", data=b"x" * 1000, timeout=30
            )
            assert refused.status_code == 404
            sent = session.post(
                f"{server.url}/api/v1/jobs", files={"file": ("a.png", png())}, timeout=30
            )
            assert sent.status_code == 202


def test_a_session_goes_on_after_a_large_refusal(server: Server) -> None:
    with requests.Session() as session:
        files = {"file": ("a.png", bytes(5_000_000))}
        assert session.post(f"{server.url}/api/v1/jobs", files=files, timeout=60).status_code == 413
        assert session.get(f"{server.url}/api/v1/limits", timeout=30).status_code == 200


def test_a_sender_that_falls_silent_is_cut() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb", buffering=0) as stream:
        environ = {"wsgi.input": stream, "gunicorn.socket": ours, "CONTENT_LENGTH": "10"}
        body = RequestBody(environ, silence_s=0.05)
        theirs.sendall(b"123")
        assert body.read(10) == b"123"
        with pytest.raises(RequestTimeout):
            body.read(10)


def test_a_body_knows_when_it_is_read() -> None:
    body = RequestBody({"wsgi.input": io.BytesIO(b"12345"), "CONTENT_LENGTH": "5"})
    assert not body.is_read
    assert body.read(3) + body.read() == b"12345"
    assert body.is_read


def test_a_body_of_unknown_length_is_read_at_its_end() -> None:
    body = RequestBody({"wsgi.input": io.BytesIO(b"123"), "HTTP_TRANSFER_ENCODING": "chunked"})
    assert (body.read(100), body.is_read) == (b"123", False)
    assert (body.read(100), body.is_read) == (b"", True)


def test_a_request_without_a_body_has_nothing_left_to_read() -> None:
    assert RequestBody({"wsgi.input": io.BytesIO()}).is_read


def test_reading_on_stops_when_the_sender_goes_on_and_on() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb", buffering=0) as stream:
        environ = {"wsgi.input": stream, "gunicorn.socket": ours, "CONTENT_LENGTH": str(10**12)}
        body = RequestBody(environ)
        ended = threading.Event()

        def babble() -> None:
            with suppress(OSError):
                while not ended.is_set():
                    theirs.send(bytes(1000))

        sender = threading.Thread(target=babble)
        sender.start()
        body.finish(linger_s=0.2)
        ended.set()
        theirs.settimeout(0.1)
        assert theirs.recv(10) == b""
        theirs.close()
        sender.join()


def test_a_full_disk_is_507_until_there_is_room(server: Server) -> None:
    [process] = psutil.Process(server.pid).children()
    image = {"file": ("a.png", png(280, 300))}
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    try:
        refused = requests.post(f"{server.url}/api/v1/jobs", files=image, timeout=30)
    finally:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)
    assert (refused.status_code, refused.json()["error"]["code"]) == (507, "disk_full")
    assert files_in(server) == []
    assert requests.post(f"{server.url}/api/v1/jobs", files=image, timeout=30).status_code == 202


def test_clients_that_never_hang_up_hold_up_nobody(server: Server) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    idle = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(8)]
    for connection in idle:
        connection.sendall(head)
    # gunicorn alone would take 2 s for each of them before it accepts anybody.
    assert requests.get(f"{server.url}/healthz", timeout=12).status_code == 200
    for connection in idle:
        connection.close()


def test_steady_slow_senders_are_served(server: Server) -> None:
    body = PART + png() + b"\r\n--x--\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        head = f"POST /api/v1/jobs HTTP/1.1\r\n{FORM}Content-Length: {len(body)}\r\n"
        connection.sendall(f"{head}Host: 127.0.0.1\r\n\r\n".encode())
        for start in range(0, len(body), 200):
            connection.sendall(body[start : start + 200])
            threading.Event().wait(0.05)
        assert connection.recv(65536).startswith(b"HTTP/1.1 202 ")
