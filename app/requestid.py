"""The number of a request: in its answer, in the log, and in what a person is told to quote."""

from __future__ import annotations

import secrets
from typing import cast

from flask import g


def request_id() -> str:
    """16 hexadecimal digits, made at the first call within a request."""
    return cast("str", g.setdefault("request_id", secrets.token_hex(8)))
