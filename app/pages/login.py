"""Logging in and out, and choosing a password by an invitation's link."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.account import WeakPassword, WrongLogin, kept_name
from app.auditing import about, audited
from app.current import services
from app.guard import require_accounts
from app.identity import begin_session, came_by_provider, end_session, identify
from app.passwords import SHORTEST
from app.rates import LOGINS_FROM_AN_ADDRESS, LOGINS_OF_A_NAME, Rates
from app.rights import for_anybody, needs
from app.sentences import sentence

blueprint = Blueprint("login", __name__)
blueprint.before_request(require_accounts)

OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f]*")
"""What browsers cannot take for the address of another site."""
DIFFERENT = "The two passwords differ; type the same one twice."


@blueprint.get("/login")
@audited("view", only_refused=True)
@for_anybody
def show() -> ResponseReturnValue:
    """The form; whoever is logged in already goes on."""
    if identify() is not None:
        return redirect(own_path(request.args.get("next")), 303)
    return form(next_path=request.args.get("next", ""))


@blueprint.post("/login")
@audited("login")
@for_anybody
def log_in() -> ResponseReturnValue:
    """Begin a session and go on to where the person wanted to be."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    count_try(name)
    try:
        account = services().accounts.log_in(name, password)
    except WrongLogin as error:
        next_path = request.form.get("next", "")
        return form(sentence(str(error)), next_path=next_path), HTTPStatus.FORBIDDEN
    begin_session(account)
    about(f"account:{account.id}")
    return redirect(own_path(request.form.get("next")), 303)


@blueprint.post("/logout")
@audited("logout")
@needs("viewer")
def log_out() -> ResponseReturnValue:
    """End the session of this browser; who came by a provider can then log out there, too."""
    by_provider = came_by_provider()
    end_session()
    return redirect(url_for("oidc.left" if by_provider else "login.show"), 303)


@blueprint.get("/invitation/<secret>")
@audited("view", only_refused=True)
@for_anybody
def invitation(secret: str) -> ResponseReturnValue:
    """Where the owner of a link chooses a password."""
    return _invitation(secret)


@blueprint.post("/invitation/<secret>")
@audited("account")
@for_anybody
def accept(secret: str) -> ResponseReturnValue:
    """Set the password and log the browser in."""
    password = request.form.get("password", "")
    if password != request.form.get("again"):
        return _invitation(secret, DIFFERENT), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        account = services().accounts.accept(secret, password)
    except WeakPassword as error:
        return _invitation(secret, sentence(str(error))), HTTPStatus.UNPROCESSABLE_ENTITY
    begin_session(account)
    about(f"account:{account.id}/password")
    return redirect(url_for("home.index"), 303)


def count_try(name: str | None) -> None:
    """Count an attempt to log in, by a password of a name or elsewhere; raises TooOften."""
    rates: Rates = current_app.extensions["rates"]
    address = request.remote_addr or "unknown"
    rates.log_in(LOGINS_FROM_AN_ADDRESS, address)
    if name is not None:
        rates.log_in(LOGINS_OF_A_NAME, kept_name(name))


def own_path(given: str | None) -> str:
    """Where somebody who has logged in goes on, as far as that is one of our own pages."""
    return given if given and OWN_PATH.fullmatch(given) else url_for("home.index")


def form(problem: str = "", *, next_path: str) -> str:
    """The page on which people log in."""
    return render_template(
        "login/index.html",
        problem=problem,
        name=request.form.get("name", ""),
        next=next_path,
        has_accounts=services().accounts.are_there(),
        provider=services().settings.oidc_name if services().settings.oidc_issuer else None,
    )


def _invitation(secret: str, problem: str = "") -> str:
    account = services().accounts.invited(secret)
    return render_template(
        "login/invitation.html", account=account, problem=problem, shortest=SHORTEST
    )
