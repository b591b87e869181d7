"""The page of one's own account: password, API tokens, and where one is logged in."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from flask import (
    Blueprint,
    abort,
    flash,
    get_flashed_messages,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app.account import DUTIES, WeakPassword, WrongLogin
from app.auditing import about, audited
from app.current import services
from app.guard import require_accounts
from app.identity import Identity, identify
from app.pages.login import DIFFERENT, count_try
from app.passwords import SHORTEST
from app.rights import needs
from app.sentences import sentence
from app.tokens import NAME_LENGTH

blueprint = Blueprint("account", __name__)
blueprint.before_request(require_accounts)

DAYS = {"30": "30 days", "90": "90 days", "365": "a year"}
"""How long a token may hold."""


@blueprint.get("/account")
@audited("view", only_refused=True)
@needs("viewer")
def show() -> ResponseReturnValue:
    """The account of whoever asks."""
    return _page()


@blueprint.post("/account/password")
@audited("account")
@needs("viewer")
def change_password() -> ResponseReturnValue:
    """Set another password; all other browsers are logged out."""
    me, new = _me(), request.form.get("password", "")
    about(f"account:{me.account.id}/password")
    if new != request.form.get("again"):
        return _page(problem=DIFFERENT), HTTPStatus.UNPROCESSABLE_ENTITY
    count_try(me.account.name)
    try:
        services().accounts.change_password(
            me.account, old=request.form.get("old", ""), new=new, session=me.session
        )
    except WrongLogin:
        return _page(problem="The present password is another one."), HTTPStatus.FORBIDDEN
    except WeakPassword as error:
        return _page(problem=sentence(str(error))), HTTPStatus.UNPROCESSABLE_ENTITY
    return _done("The password was changed; every other browser was logged out.")


@blueprint.post("/account/tokens")
@audited("account")
@needs("viewer")
def make_token() -> ResponseReturnValue:
    """Make an API token, and show it this once."""
    name, days = request.form.get("name", "").strip(), request.form.get("days", "")
    if not name or days not in DAYS:
        abort(400, "An API token needs a name, and one of the times it can hold.")
    me = _me().account
    about(f"account:{me.id}/tokens")
    secret = services().tokens.make(me, name=name, days=int(days))
    return _page(token=secret)


@blueprint.post("/account/tokens/<int:number>/revoke")
@audited("account")
@needs("viewer")
def revoke_token(number: int) -> ResponseReturnValue:
    """End an API token."""
    me = _me().account
    about(f"account:{me.id}/tokens/{number}")
    services().tokens.revoke(me, number)
    return _done("The API token was revoked.")


@blueprint.post("/account/sessions/<int:number>/end")
@audited("account")
@needs("viewer")
def end_session(number: int) -> ResponseReturnValue:
    """Log one of one's browsers out."""
    me = _me().account
    about(f"account:{me.id}/sessions/{number}")
    services().sessions.end(me, number)
    return _done("That browser was logged out.")


def _me() -> Identity:
    return cast("Identity", identify())  # the guard lets nobody else come here


def _done(news: str) -> ResponseReturnValue:
    flash(news, "news")
    return redirect(url_for("account.show"), 303)


def _page(*, problem: str = "", token: str = "") -> str:
    me = _me()
    return render_template(
        "account/index.html",
        me=me,
        duty=DUTIES[me.account.role],
        problem=problem,
        token=token,
        days=DAYS,
        shortest=SHORTEST,
        name_length=NAME_LENGTH,
        tokens=services().tokens.of(me.account),
        sessions=services().sessions.of(me.account),
        news=get_flashed_messages(category_filter=["news"]),
    )
