"""Uploads in parts, as tests send them: whole requests, and parts that are cut on the way."""

from __future__ import annotations

import base64
import socket
import struct
from pathlib import Path

import requests

from tests.app.web import Server

TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}
PATIENCE_S = 60


def metadata(**about: str) -> str:
    """Texts as tus writes them into a header."""
    pairs = [f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in about.items()]
    return ",".join(pairs)


def begin(server: Server, length: int, **about: str) -> str:
    """The address of a new upload."""
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata(**about)}
    answer = requests.post(f"{server.url}/uploads", headers=headers, timeout=PATIENCE_S)
    assert answer.status_code == 201, answer.text
    return server.url + answer.headers["Location"]


def offset_of(upload: str) -> int:
    """How far an upload is."""
    answer = requests.head(upload, headers=TUS, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.status_code
    return int(answer.headers["Upload-Offset"])


def patch(upload: str, data: bytes, offset: int, **headers: str) -> requests.Response:
    """Send a part."""
    sent = {**PART, "Upload-Offset": str(offset), **headers}
    return requests.patch(upload, data=data, headers=sent, timeout=PATIENCE_S)


def order(server: Server, upload: str, **fields: str) -> requests.Response:
    """Ask for the job of an upload."""
    fields = {"upload": upload.rpartition("/")[2], "model": "identity", **fields}
    return requests.post(f"{server.url}/api/v1/jobs", data=fields, timeout=PATIENCE_S)


def file_of(server: Server, upload: str) -> Path:
    """Where the bytes of an upload are."""
    return server.folder / "uploads" / upload.rpartition("/")[2]


def open_part(server: Server, upload: str, *, offset: int, length: int) -> socket.socket:
    """A connection on which a part was announced, of which nothing was sent yet."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
    head = {**PART, "Host": "127.0.0.1", "Upload-Offset": offset, "Content-Length": length}
    lines = [f"PATCH {upload.removeprefix(server.url)} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in head.items()]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def reset(connection: socket.socket) -> None:
    """End a connection as a machine that fails does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
