"""The page on which administrators keep accounts."""

from __future__ import annotations

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

from app.account import DUTIES, ROLES, AccountRefused, BadName, Role
from app.accounts import Invitation
from app.auditing import about, audited
from app.current import services
from app.errors import explain
from app.guard import require_accounts
from app.rights import needs
from app.sentences import sentence

blueprint = Blueprint("accounts", __name__)
blueprint.before_request(require_accounts)


@blueprint.get("/accounts")
@audited("view", only_refused=True)
@needs("admin")
def index() -> ResponseReturnValue:
    """All accounts, and the form to invite somebody."""
    return _page()


@blueprint.post("/accounts")
@audited("administer")
@needs("admin")
def invite() -> ResponseReturnValue:
    """Make an account, and show the link by which its owner chooses a password."""
    invitation = services().accounts.invite(request.form.get("name", ""), _sent_role())
    about(f"account:{invitation.account.id}")
    return _page(invitation=invitation)


@blueprint.post("/accounts/<int:id>/reset")
@audited("administer")
@needs("admin")
def reset(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Show a link by which the owner of an account chooses a new password."""
    about(f"account:{id}")
    return _page(invitation=services().accounts.reset(id))


@blueprint.post("/accounts/<int:id>/role")
@audited("administer")
@needs("admin")
def set_role(id: int) -> ResponseReturnValue:  # noqa: A002
    """Give an account another role."""
    about(f"account:{id}")
    account = services().accounts.set_role(id, _sent_role())
    return _done(f"{account.name} is {account.role} now.")


@blueprint.post("/accounts/<int:id>/disable")
@audited("administer")
@needs("admin")
def disable(id: int) -> ResponseReturnValue:  # noqa: A002
    """Shut an account out."""
    about(f"account:{id}")
    account = services().accounts.set_active(id, active=False)
    return _done(f"{account.name} is disabled, and logged out everywhere.")


@blueprint.post("/accounts/<int:id>/enable")
@audited("administer")
@needs("admin")
def enable(id: int) -> ResponseReturnValue:  # noqa: A002
    """Let an account in again."""
    about(f"account:{id}")
    account = services().accounts.set_active(id, active=True)
    return _done(f"{account.name} may log in again.")


@blueprint.errorhandler(AccountRefused)
@blueprint.errorhandler(BadName)
def refused(error: AccountRefused | BadName) -> ResponseReturnValue:
    """The page again, with what stands against what was asked for."""
    return _page(problem=sentence(str(error))), explain(error).status


def _sent_role() -> Role:
    name = request.form.get("role", "")
    if name not in ROLES:
        abort(400, f"There is no role {name[:40]!r}; choose one of: {', '.join(ROLES)}.")
    return ROLES[name]


def _done(news: str) -> ResponseReturnValue:
    flash(news, "news")
    return redirect(url_for("accounts.index"), 303)


def _page(*, problem: str = "", invitation: Invitation | None = None) -> str:
    link = ""
    if invitation is not None:
        link = url_for("login.invitation", secret=invitation.secret, _external=True)
    return render_template(
        "accounts/index.html",
        accounts=services().accounts.all(),
        bound=services().logins.bound(),
        duties=DUTIES,
        problem=problem,
        invitation=invitation,
        link=link,
        news=get_flashed_messages(category_filter=["news"]),
    )
