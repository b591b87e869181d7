"""Who is asking where nobody logs in: the visitor of a signed cookie, else the remote address.

The visitor decides whose turn it is in the queue and whose quota counts.
"""

from __future__ import annotations

import secrets

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface

KEPT_DAYS = 365


class SignedCookie(SecureCookieSessionInterface):
    """The signed session cookie, bound to this host and to https when the request came by it."""

    def get_cookie_name(self, app: Flask) -> str:
        """By https with the prefix that lets browsers take it from nobody else."""
        name = super().get_cookie_name(app)
        return f"__Host-{name}" if request.is_secure else name

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
