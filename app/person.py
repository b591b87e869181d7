"""Somebody for whom another service vouches, and why such a login fails.

ColorMapperError
└── LoginFailed
    ├── LoginLost            400: it was not begun in this browser, or too long ago
    ├── NotProven            403: what was brought does not prove who somebody is
    ├── NotWelcome           403: it does, and there is no account for them
    └── ProviderUnavailable  503: whoever vouches for people does not answer as it should
"""

from __future__ import annotations

from dataclasses import dataclass

from cyclegan.errors import ColorMapperError


@dataclass(frozen=True)
class Person:
    """Somebody, in the words of whoever vouches for them."""

    issuer: str
    """Who vouches."""
    subject: str
    """Whom the issuer means by it never changes; e-mail addresses do."""
    name: str | None
    """The e-mail address that the issuer has verified, or another name that it vouches for."""


class LoginFailed(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """A login by another service does not lead to an account."""


class LoginLost(LoginFailed):
    """It was not begun in this browser, or too long ago (400)."""


class NotProven(LoginFailed):
    """What was brought does not prove who somebody is (403)."""


class NotWelcome(LoginFailed):
    """It is known who somebody is, and they have no account that may log in (403)."""


class ProviderUnavailable(LoginFailed):
    """Whoever vouches for people cannot be reached, or answers with nonsense (503)."""
