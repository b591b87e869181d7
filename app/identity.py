"""Who sent the request at hand: the account of its API token, else of its session.

In local mode nobody has an account, and nobody is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import g, request, session

from app.account import Account
from app.current import services

LOGIN = "login"
"""Where the cookie holds the secret of a session."""


@dataclass(frozen=True)
class Identity:
    """An account, and how it showed that it is here."""

    account: Account
    session: int | None
    """The number of the session; None where each request brings its own proof."""
    by_browser: bool = True
    """Whether a browser adds the proof by itself, also where another site's page asks it to."""


def identify() -> Identity | None:
    """Who sent this request, if it is an account; looked up once."""
    if "identity" not in g:
        g.identity = _find()
    return known()


def known() -> Identity | None:
    """Who is known to have sent this request by now; asks no database, and never fails."""
    return cast("Identity | None", g.get("identity"))


def sent_token() -> str | None:
    """The API token of this request; empty where a header names another kind of proof."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, secret = header.partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def begin_session(account: Account) -> None:
    """Log a browser in: nothing of its cookie from before is kept."""
    session.clear()
    session[LOGIN] = services().sessions.begin(account, agent=request.user_agent.string)
    session.permanent = True
    g.identity = Identity(account, None)


def end_session() -> None:
    """Log this browser out."""
    found = identify()
    if found is not None and found.session is not None:
        services().sessions.end(found.account, found.session)
    session.clear()


def _find() -> Identity | None:
    token = sent_token()
    if token is not None:
        owner = services().tokens.find(token)
        return None if owner is None else Identity(owner, None, by_browser=False)
    if LOGIN not in session:
        return None
    found = services().sessions.find(session[LOGIN])
    return None if found is None else Identity(*found)
