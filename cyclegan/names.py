"""Names of files as they are shown to people."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text with those bytes of file names that are not UTF-8 written out, as `\xff`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
