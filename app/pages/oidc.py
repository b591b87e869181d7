"""Logging in by the OpenID Connect provider that the settings name, and out of it, too."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import asdict
from typing import Any, cast

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from app.auditing import about, audited
from app.current import services
from app.errors import explain
from app.guard import require_accounts
from app.identity import begin_session, identify
from app.pages.login import count_try, form, own_path
from app.person import LoginFailed, LoginLost, NotProven, ProviderUnavailable
from app.provider import Attempt, Provider
from app.rights import for_anybody

blueprint = Blueprint("oidc", __name__)
blueprint.before_request(require_accounts)

KEPT = "attempt"
"""Where the cookie holds the login that was begun last."""
KEPT_S = 600
"""How long a person may take at the provider."""
LOST = (
    "this login was not begun in this browser, or too long ago, or it was used already; begin again"
)
CODE = re.compile(r"[a-z_]{1,40}")


@blueprint.get("/login/oidc")
@audited("view", only_refused=True)
@for_anybody
def begin() -> ResponseReturnValue:
    """Send the browser to the provider."""
    provider = _provider()
    count_try(None)
    address, attempt = provider.begin(_back())
    next_path = request.args.get("next", "")
    session[KEPT] = {**asdict(attempt), "next": next_path[:1000], "at": int(time.time())}
    return redirect(address, 303)


@blueprint.get("/login/oidc/callback")
@audited("login")
@for_anybody
def finish() -> ResponseReturnValue:
    """Begin a session for whom the provider vouches, and go on to where they wanted to be."""
    provider = _provider()
    kept = session.pop(KEPT, None)  # it holds once, whatever comes of it
    if kept is None and identify() is not None:
        return redirect(url_for("home.index"), 303)  # the page was loaded again
    attempt, code = _answered(kept)
    person = provider.finish(attempt, code=code, back=_back())
    entered = services().logins.enter(person)
    begin_session(entered.account, by_provider=True, is_first=entered.is_first)
    about(f"account:{entered.account.id}")
    return redirect(own_path(cast("str", kept["next"])), 303)


@blueprint.get("/login/oidc/left")
@audited("view", only_refused=True)
@for_anybody
def left() -> ResponseReturnValue:
    """What is left to do after logging out here: the provider knows the browser still."""
    try:
        farewell = _provider().farewell(url_for("login.show", _external=True))
    except ProviderUnavailable:
        farewell = None
    name = services().settings.oidc_name
    return render_template("login/left.html", provider=name, farewell=farewell)


@blueprint.errorhandler(LoginFailed)
def failed(error: LoginFailed) -> ResponseReturnValue:
    """The login page again, with the reason why the other way in does not lead on."""
    problem = explain(error)
    return form(problem.message, next_path=""), problem.status


def _provider() -> Provider:
    found = cast("Provider | None", current_app.extensions["provider"])
    if found is None:
        raise NotFound("People log in by name and password on this service.")
    return found


def _back() -> str:
    return url_for("oidc.finish", _external=True)


def _answered(kept: dict[str, Any] | None) -> tuple[Attempt, str]:
    """The attempt that the provider answers, and its code; raises LoginFailed."""
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if kept is None or time.time() - kept["at"] > KEPT_S:
        raise LoginLost(LOST)
    if not secrets.compare_digest(state.encode(), kept["state"].encode()):
        raise LoginLost(LOST)
    if "error" in request.args or not code:
        raise NotProven(_refusal(request.args.get("error", "")))
    return Attempt(kept["state"], kept["nonce"], kept["verifier"]), code


def _refusal(error: str) -> str:
    name = services().settings.oidc_name
    if error == "access_denied":
        return f"{name} did not let you in, or you went back there"
    told = f" ({error})" if CODE.fullmatch(error) else ""
    return f"{name} did not confirm the login{told}"
