"""Every view says which act it is, and every answer leaves its line in the audit log.

    @blueprint.get("/results/<token>/<name>")
    @audited("download")
    def show(token: str, name: str) -> Response: ...

A test finds a view that says nothing. A view whose address has no `<job_id>` or the like says what
it is about with `about`, as soon as it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request

from app import access
from app.audit import REFUSED, Action, Entry, Outcome
from app.current import services
from app.identity import known
from app.requestid import request_id
from app.security import SAFE_METHODS

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Told:
    """What a view told of a request, where its own word and the answer do not say so."""

    thing: str | None = None
    action: Action | None = None
    status: int | None = None
    user: str | None = None


BEGIN_BY_A_LINK = {"login", "account"}
"""Acts that change something also where a browser only follows a link, from another service."""
ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
"""What an id looks like; nothing else of an address gets into a line."""


@dataclass(frozen=True)
class Act:
    """What a view does, in the words of the audit log."""

    action: Action
    only_refused: bool
    """Whether only a refusal leaves a line: for what is public, and for what is asked all the time
    beside an act that leaves one, such as the progress of a job whose page was viewed."""


def audited(action: Action, *, only_refused: bool = False) -> Callable[[View], View]:
    """Say of a view which act it is."""

    def attach(view: View) -> View:
        view.__dict__["act"] = Act(action, only_refused)
        return view

    return attach


def act_of(view: Callable[..., Any] | None) -> Act | None:
    """What was said of a view, if anything was."""
    return getattr(view, "act", None)


def about(
    thing: str | None,
    *,
    action: Action | None = None,
    status: int | None = None,
    user: str | None = None,
) -> None:
    """This request is about a thing, such as `job:<id>`; each one that is told gets a line.

    `action` is what was done to it, `status` what became of it and `user` who did it, where the
    view's own word, the answer to the whole request and who sent it do not say so.
    """
    g.setdefault("audited", []).append(Told(thing, action, status, user))


def register(app: Flask) -> None:
    """Leave the lines of every request of the application."""
    app.after_request(_leave_lines)


def _leave_lines(response: Response) -> Response:
    act = act_of(current_app.view_functions.get(request.endpoint or ""))
    if act is None or request.method == "OPTIONS":
        return response
    found = known()
    if found is not None and found.is_first:
        thing = f"account:{found.account.id}/login"
        _leave(Told(thing), "account", "done", response.status_code)
    told: list[Told] = g.get("audited") or [Told(addressed())]
    for one in told:
        status = one.status or response.status_code
        outcome = _outcome(status)
        if outcome == "refused" or not act.only_refused:
            _leave(one, one.action or act.action, outcome, status)
    return response


def _leave(told: Told, action: Action, outcome: Outcome, status: int) -> None:
    entry = Entry(
        time=datetime.now(UTC),
        user=told.user or access.sender(),
        action=action,
        object=told.thing,
        outcome=outcome,
        status=status,
        request=request_id(),
        address=request.remote_addr,
    )
    durably = request.method not in SAFE_METHODS or action in BEGIN_BY_A_LINK
    if not services().audit.write(entry, durably=durably):
        current_app.extensions["metrics"].audit_lost.inc()


def _outcome(status: int) -> Outcome:
    if status < HTTPStatus.BAD_REQUEST:
        return "done"
    return "refused" if status in REFUSED else "failed"


def addressed() -> str | None:
    """The job, or whatever else has an id, that the address names."""
    for name, value in (request.view_args or {}).items():
        if name.endswith("_id") and ID.fullmatch(str(value)):
            return f"{name.removesuffix('_id')}:{value}"
    return None
