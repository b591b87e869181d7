"""Who may ask a view at all, written down beside it.

    @blueprint.get("/jobs")
    @needs("viewer")
    def index() -> ...

Of which job, is for `app.access` to say. A view without a mark is for administrators only; a test
goes through all views and finds those.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from app.account import Role

View = TypeVar("View", bound=Callable[..., Any])
Right = Role | Literal["anybody"]


def needs(role: Role) -> Callable[[View], View]:
    """Mark a view as being for accounts of this role and those that may do more."""
    return _marked(role)


def for_anybody(view: View) -> View:
    """Mark a view as being for everybody, without a login."""
    return _marked("anybody")(view)


def stated_right(view: Callable[..., Any]) -> Right | None:
    """What the mark of a view says, if it has one."""
    return getattr(view, "right", None)


def _marked(right: Right) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.__dict__["right"] = right
        return view

    return mark
