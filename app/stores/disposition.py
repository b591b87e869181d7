"""What a browser does with a file that it opens, and under which name it saves it (RFC 6266)."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

SHOWN = frozenset({"image/png", "image/jpeg", "application/json"})
"""Content types that browsers show; all others are saved."""
_ATTRIBUTE_SAFE = "!#$&+-.^_`|~"
"""Punctuation that may stand as it is in the extended form of a name (RFC 8187)."""


def disposition(name: str, content_type: str) -> str:
    """The value of the header Content-Disposition; always one line of ASCII.

    A name that ASCII cannot write is given twice: spelled out, and with `_` for old programs.
    """
    way = "inline" if content_type in SHOWN else "attachment"
    visible = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    plain = "".join(_plain(letter) for letter in visible)
    if plain == visible:
        return f'{way}; filename="{plain}"'
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(visible, safe=_ATTRIBUTE_SAFE)}"


def _plain(letter: str) -> str:
    return letter if letter.isascii() and letter not in '"\\%' else "_"
