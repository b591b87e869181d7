"""Who is asking: the visitor of a signed cookie, else the remote address.

There is no login yet. The visitor decides whose turn it is in the queue, whose quota counts and,
on a server, which jobs a list shows.
"""

from __future__ import annotations

import secrets

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface

KEPT_DAYS = 365


class VisitorCookie(SecureCookieSessionInterface):
    """The signed session cookie, marked Secure exactly when the request came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        """Whether the cookie may only travel by https."""
        return request.is_secure


def visitor() -> str:
    """A name for whoever sent this request: `visitor:<id>` or `address:<IP>`."""
    known = session.get("visitor")
    return f"visitor:{known}" if known else f"address:{request.remote_addr or 'unknown'}"


def remember_visitor() -> None:
    """Give a browser that has none its cookie, so that it meets its own jobs again."""
    if "visitor" not in session:
        session["visitor"] = secrets.token_urlsafe(16)
        session.permanent = True
