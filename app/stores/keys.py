"""The shape of a key: `YYYY-MM/<token>/<name>`, every part of our own making."""

from __future__ import annotations

import re

_KEY = re.compile(
    r"(?P<month>\d{4}-(0[1-9]|1[0-2]))/(?P<token>[A-Za-z0-9_-]{16,64})"
    r"/(?P<name>[a-z0-9][a-z0-9-]{0,40}(\.[a-z0-9]{1,8}){1,2})",
    re.ASCII,
)


def is_key(key: str) -> bool:
    """Whether the text can be a key; nothing else ever becomes a part of a path or an address."""
    return _KEY.fullmatch(key) is not None


def parts(key: str) -> tuple[str, str, str]:
    """The month, token and name of a key; raises ValueError when it is none."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError("a key has the form YYYY-MM/<token>/<name>")
    return found["month"], found["token"], found["name"]


def result_link(key: str) -> str:
    """The path of this service under which an object of its own is served."""
    _, token, name = parts(key)
    return f"/results/{token}/{name}"


def stable_link(key: str) -> str:
    """The path of this service that leads to an address at which an object opens now."""
    _, token, name = parts(key)
    return f"/s/{token}/{name}"
