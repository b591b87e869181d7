"""A look at an address as anybody would have it: a GET without credentials."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass

PATIENCE_S = 8.0
MOST_BYTES = 2**16


@dataclass(frozen=True)
class Answer:
    """What came back, errors of the server included."""

    status: int
    date: str | None
    """The header of this name."""
    body: bytes
    """Its first 64 KiB."""


class NoAnswer(OSError):  # noqa: N818 - reads as a sentence where it is caught
    """Nobody answered, or with something that is no HTTP; the message says which."""


def visit(address: str) -> Answer:
    """What anybody gets at an http(s) address; raises NoAnswer. Redirections are followed."""
    if not address.startswith(("http://", "https://")):
        raise NoAnswer(f"{address} is no address of the web")
    request = urllib.request.Request(address)  # noqa: S310 - looked at above
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            return Answer(answer.status, answer.headers.get("Date"), answer.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers.get("Date"), error.read(MOST_BYTES))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(str(getattr(error, "reason", "") or error)) from error
