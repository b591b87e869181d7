"""An account: who it is, what its role lets it do, and why something about it is refused.

ColorMapperError
├── AccountNotFound        404
├── LinkGone               404: an invitation that was used, replaced or left too long
├── WrongLogin             403: the name or the password, nobody learns which
├── AccountRefused         409: the name is taken, or nobody would be left to administer
└── WeakPassword, BadName  422
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from cyclegan.errors import ColorMapperError

Role = Literal["viewer", "uploader", "reviewer", "admin"]
ROLES: Mapping[str, Role] = {role: role for role in get_args(Role)}
"""By name; each may do what those before it may."""
DUTIES: Mapping[Role, str] = {
    "viewer": "looks at the images of its projects, and sends none",
    "uploader": "sends images, stops and deletes its own, and makes projects",
    "reviewer": "also judges the results of its images and projects",
    "admin": "also sees, judges and deletes every image, and keeps accounts and projects",
}
LONGEST_NAME = 254
"""Characters; longer is no address that mail can be sent to (RFC 5321)."""
NAME = re.compile(rf"[\w.@!#$%&'*+/=?^`{{|}}~-]{{1,{LONGEST_NAME}}}")
"""What stands in e-mail addresses without quotes and brackets, and letters of every language."""
PREFIX = "account:"
"""Of an account in the `user` of a job; whoever sent one before there were accounts has another."""


class AccountNotFound(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """There is no account of that name or number (404)."""


class LinkGone(ColorMapperError):  # noqa: N818
    """The link of an invitation does not hold (any more) (404)."""


class WrongLogin(ColorMapperError):  # noqa: N818
    """Name and password do not belong to an account that may log in (403)."""


class AccountRefused(ColorMapperError):  # noqa: N818
    """What is asked for goes against what is there (409)."""


class WeakPassword(ColorMapperError):  # noqa: N818
    """The password is too short, too long or too easily guessed (422)."""


class BadName(ColorMapperError):  # noqa: N818
    """A name that accounts cannot have (422)."""


@dataclass(frozen=True)
class Account:
    """An account as it stands in the database, without its password."""

    id: int
    name: str
    role: Role
    active: bool
    has_password: bool
    created: datetime

    @property
    def user(self) -> str:
        """What stands in the jobs that it sends."""
        return f"{PREFIX}{self.id}"

    def may(self, role: Role) -> bool:
        """Whether it may do what accounts of a role may."""
        order = list(ROLES)
        return self.active and order.index(self.role) >= order.index(role)


def account_number(user: str) -> int | None:
    """The number of the account that stands in a job; None for whoever else may stand there."""
    kind, colon, number = user.partition(":")
    return int(number) if f"{kind}{colon}" == PREFIX and number.isdecimal() else None


def kept_name(name: str) -> str:
    """A name as it would be kept: lower case, one form of each letter.

    What is no name stays none, but is cut, and holds no NUL, which PostgreSQL cannot look for.
    """
    known = unicodedata.normalize("NFKC", name).strip().casefold()
    return known.replace("\0", "\ufffd")[: LONGEST_NAME + 1]


def checked_name(name: str) -> str:
    """A name as it is kept; raises BadName where it cannot be one."""
    kept = kept_name(name)
    if not NAME.fullmatch(kept):
        raise BadName(
            f"{name[:64]!r} cannot be the name of an account; take an e-mail address, or 1 to "
            f"{LONGEST_NAME} letters, digits or . _ - + @"
        )
    return kept
