"""Messages of errors, which begin small and end without a stop, as sentences for people."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[a-z]+(?=[ ,;.!?]|$)")
"""A first word that may be given a capital: `gs://results` may not."""
_COPIED = re.compile(r"[=/:][^\s]*$")
"""A last word that people copy, such as an address or the end of a command."""


def sentence(text: str) -> str:
    """The text with a capital at its beginning and a stop at its end, where they do no harm."""
    if _PLAIN.match(text):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) or _COPIED.search(text) else f"{text}."
