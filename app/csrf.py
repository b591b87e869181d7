"""Tokens in forms and fetches, so that no page of another site acts with a browser's login.

Where browsers say that a request comes from another site, `app.security` refuses it before. Over
plain HTTP they say less, so what changes something must also show what only our own pages hold.
Requests that bring an API token need none: no browser adds that by itself.
"""

from __future__ import annotations

import secrets
from typing import cast

from flask import Flask, abort, request, session
from markupsafe import Markup

from app.current import services
from app.identity import known
from app.security import SAFE_METHODS

KEPT = "csrf"
FIELD, HEADER = "csrf_token", "X-CSRF-Token"
STALE = (
    "This page is from before you logged in, or the browser keeps no cookies. "
    "Load the page again, then send it once more."
)


def register(app: Flask) -> None:
    """Ask what changes something for its token; templates put it in by `csrf_field()`."""
    app.before_request(refuse_without_token)
    app.jinja_env.globals.update(csrf_field=csrf_field, csrf_token=csrf_token)


def csrf_token() -> str:
    """The token of this browser, made at the first call; empty in local mode, which needs none."""
    if services().settings.mode == "local":
        return ""
    return cast("str", session.setdefault(KEPT, secrets.token_urlsafe(24)))


def csrf_field() -> Markup:
    """The hidden field for a form that is sent by POST."""
    token = csrf_token()
    field = Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token)
    return field if token else Markup()


def refuse_without_token() -> None:
    """Abort with 403 what changes something and does not show the browser's token."""
    if services().settings.mode == "local" or request.method in SAFE_METHODS:
        return
    found = known()
    if found is not None and not found.by_browser:
        return
    # The header first: to look into the form is to receive all of its files.
    shown = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not secrets.compare_digest(shown.encode(), session.get(KEPT, "").encode()) or not shown:
        abort(403, STALE)
