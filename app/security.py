"""What a browser may do with our answers, and whose browsers may make it do things here.

A browser says where a state-changing request comes from (`Sec-Fetch-Site`, `Origin`), and one that
comes from another site is refused. Where people log in, `app.csrf` asks for a token besides.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from flask import Response, abort, request

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
SECRET_NAME = "secret.key"  # noqa: S105 - a file's name

POLICY = "; ".join([
    "default-src 'self'",
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
])  # fmt: skip
"""Content-Security-Policy of every answer: nothing inline, nothing from elsewhere."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it, browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Set where a view has not set its own."""


def protect(response: Response) -> Response:
    """The response with the headers that keep browsers within bounds."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def refuse_other_sites() -> None:
    """Abort with 403 when a page of another site makes a browser change something here."""
    if request.method in SAFE_METHODS:
        return
    came_from = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.host
    if came_from not in {"same-origin", "none"} or not is_ours:
        abort(403, "This request was made by a page of another site; use this service's own pages.")


def secret_key(folder: Path) -> str:
    """The key kept in the folder, made at the first call; readable by this user only."""
    path = folder / SECRET_NAME
    if not path.exists():
        _make_secret(path)
    return path.read_text(encoding="ascii")


def _make_secret(path: Path) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(name)  # unlike a rename, never replaces what another process made
    except FileExistsError:
        return
    finally:
        Path(name).unlink()
