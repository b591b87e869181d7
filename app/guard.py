"""Nothing opens without a login on a server, but for the views that are marked `for_anybody`."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized

from app.account import DUTIES, Role
from app.auditing import about, addressed
from app.current import services
from app.errors import wants_page
from app.identity import identify, known, sent_token
from app.rights import Right, stated_right
from app.security import SAFE_METHODS

FILES = frozenset({"static", "openapi.static"})
"""Views that Flask makes: style sheets and scripts, which the login page needs, too."""
LOG_IN = "Log in first; programs send an API token: Authorization: Bearer ..."
REFUSED = (
    "The API token does not hold (any more), or Authorization is not `Bearer` and a token; "
    "make a new one on the page of your account."
)


def register(app: Flask) -> None:
    """Ask every request of the application for its right, and tell templates who is there."""
    app.before_request(guard)
    app.jinja_env.globals.update(known=known, may=may)


def guard() -> ResponseReturnValue | None:
    """None where the request may go on; else to the login, or aborts with 401 or 403."""
    if services().settings.mode == "local":
        return None
    right = right_of(request.endpoint)
    if right == "anybody":
        return None
    found = identify()
    if found is None:
        return _ask_to_log_in()
    if not found.account.may(right):
        raise Forbidden(
            f"Your account is {found.account.role}: it {DUTIES[found.account.role]}. "
            f"This needs one that is {right}; ask whoever runs this service."
        )
    return None


def right_of(endpoint: str | None) -> Right:
    """What a view asks for; an address that leads nowhere tells so only to who is logged in."""
    if endpoint is None:
        return "viewer"
    if endpoint in FILES:
        return "anybody"
    return stated_right(current_app.view_functions[endpoint]) or "admin"


def require_accounts() -> None:
    """Abort with 404 where nobody logs in; for blueprints that are about accounts."""
    if services().settings.mode == "local":
        raise NotFound("Nobody logs in on this service, so there are no accounts and no projects.")


def may(role: Role) -> bool:
    """Whether who sent this request may do what accounts of a role may."""
    if services().settings.mode == "local":
        return True
    found = known()
    return found is not None and found.account.may(role)


def _ask_to_log_in() -> ResponseReturnValue:
    about(addressed(), status=HTTPStatus.UNAUTHORIZED)  # also where the answer leads to the login
    if wants_page() and sent_token() is None:
        back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
        return redirect(url_for("login.show", next=back if back != "/" else None), 303)
    if sent_token() is None:
        raise Unauthorized(LOG_IN, www_authenticate=_challenge())
    raise Unauthorized(REFUSED, www_authenticate=_challenge(error="invalid_token"))


def _challenge(**values: str) -> WWWAuthenticate:
    return WWWAuthenticate("bearer", {"realm": "Color Mapper", **values})
