"""Exchanges with providers that take their time, or never come to an end."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
import requests
from flask import Response

from app.exchange import Bounded, TooMuch, bound
from app.keys import fetch
from app.person import ProviderUnavailable
from app.settings import ServeSettings
from tests.app.openid import OpenId, log_in, openid
from tests.app.people import account, server_of

__all__ = ["openid"]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE_S = 1.0
PIECE_S = 0.1


@contextmanager
def dripping(start: bytes, drop: bytes) -> Iterator[tuple[str, Event]]:
    """The address of a server that answers with a start and then drop by drop, for ever.

    The event is set once it finds that nobody listens any more.
    """
    left, ending = Event(), Event()

    def drip() -> None:
        with server, server.accept()[0] as connection:
            connection.recv(65536)
            try:
                connection.sendall(start)
                while not ending.wait(PIECE_S):
                    connection.sendall(drop)
            except OSError:
                left.set()

    server = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=drip)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", left
    finally:
        ending.set()
        thread.join()


def exchange(address: str, **bounds: float) -> requests.Response:
    with requests.Session() as session:
        bound(session, Bounded(**bounds))  # type: ignore[arg-type]
        return session.get(address)


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"", b"H"),
        (HEAD, b"X-Slow: yes\r\n"),
        (HEAD + b"X-Long: ", b"x"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD + b"\r\n{}", b" "),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_an_answer_that_drips_is_cut_wherever_it_has_come_to(start: bytes, drop: bytes) -> None:
    with dripping(start, drop) as (address, left):
        begun = time.monotonic()
        with pytest.raises(requests.RequestException):
            exchange(address, whole_s=WHOLE_S)
        # Twenty times as long, on whatever machine: without an end it would be hours.
        assert time.monotonic() - begun < 20 * WHOLE_S
        assert left.wait(20)


def test_an_answer_without_an_end_is_too_much() -> None:
    with dripping(HEAD + b"\r\n", b" " * 100_000) as (address, left):
        with pytest.raises(TooMuch):
            exchange(address, most_bytes=150_000, whole_s=60)
        assert left.wait(20)


def test_what_is_small_and_in_time_arrives_whole(openid: OpenId) -> None:
    assert exchange(f"{openid.url}/jwks").json()["keys"]
    assert fetch(f"{openid.url}/jwks")["keys"]


def test_a_packed_answer_counts_as_what_it_is_unpacked(openid: OpenId) -> None:
    openid.token = Response(gzip.compress(b" " * 10**7), headers={"Content-Encoding": "gzip"})
    with requests.Session() as session:
        bound(session)
        with pytest.raises(TooMuch):
            session.post(f"{openid.url}/token")


def test_a_provider_that_says_too_much_is_told_as_one_that_is_away(
    web_settings: ServeSettings, openid: OpenId
) -> None:
    app = server_of(web_settings, **openid.settings)
    account(app, "ada@lab.example")
    openid.token = Response(b" " * 2**21, mimetype="application/json")
    assert log_in(app.test_client()).status_code == 503
    openid.discovery = {"more": "x" * 2**21}
    with pytest.raises(ProviderUnavailable, match="TooMuch"):
        fetch(f"{openid.url}/.well-known/openid-configuration")
