"""Who sent the request at hand: the account of its API token, else of whom the proxy that the
settings name vouches for, else of its session.

In local mode nobody has an account, and nobody is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request, session

from app.account import Account
from app.current import services
from app.peers import peer
from app.proxies import Proxy

LOGIN = "login"
"""Where the cookie holds the secret of a session."""
PROVIDER = "provider"
"""Where it says that the session was begun by the word of a provider."""


@dataclass(frozen=True)
class Identity:
    """An account, and how it showed that it is here."""

    account: Account
    session: int | None
    """The number of the session; None where each request brings its own proof."""
    by_browser: bool = True
    """Whether a browser, or a proxy before us, adds the proof by itself, also where another site's
    page asks it to."""
    is_first: bool = False
    """Whether the account has become theirs just now, by the word of another service."""


def identify() -> Identity | None:
    """Who sent this request, if it is an account; looked up once.

    Raises LoginFailed where a proxy vouches for somebody who is not let in.
    """
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


def begin_session(account: Account, *, by_provider: bool = False, is_first: bool = False) -> None:
    """Log a browser in: nothing of its cookie from before is kept."""
    session.clear()
    session[PROVIDER] = by_provider
    session[LOGIN] = services().sessions.begin(account, agent=request.user_agent.string)
    session.permanent = True
    g.identity = Identity(account, None, is_first=is_first)


def came_by_provider() -> bool:
    """Whether it was a provider's word that logged this browser in."""
    return bool(session.get(PROVIDER))


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
    vouched = _vouched_for()
    if vouched is not None:
        return vouched
    if LOGIN not in session:
        return None
    found = services().sessions.find(session[LOGIN])
    return None if found is None else Identity(*found)


def _vouched_for() -> Identity | None:
    proxy = cast("Proxy | None", current_app.extensions["proxy"])
    person = None if proxy is None else proxy.person(request.headers.get, peer(request.environ))
    if person is None:
        return None
    entered = services().logins.enter(person)
    return Identity(entered.account, None, is_first=entered.is_first)
