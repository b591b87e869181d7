"""The words of tus 1.0, a protocol for uploads that go on where they were: its headers, read.

https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

from app.transfers import Checksum
from cyclegan.errors import ColorMapperError

VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "checksum", "expiration", "termination")
ALGORITHMS = ("sha1", "sha256")
PART = "application/offset+octet-stream"
"""The media type of a part."""
LONGEST_ABOUT = 4096
"""Characters of Upload-Metadata."""
NUMBER = re.compile("[0-9]{1,18}")
KEY = re.compile(r"[!-+\--~]+")
"""Visible ASCII without a comma."""


class BadHeader(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """A header of the protocol is missing or makes no sense (400)."""


def parse_number(name: str, value: str | None) -> int:
    """A number of bytes in a header; raises BadHeader."""
    if value is None:
        raise BadHeader(f"the header {name} is missing; give a number of bytes")
    if not NUMBER.fullmatch(value):
        raise BadHeader(f"{name} is {value[:40]!r}; it must be a number of bytes, like 1048576")
    return int(value)


def parse_metadata(value: str) -> Mapping[str, str]:
    """What Upload-Metadata says: names to texts; raises BadHeader."""
    if len(value) > LONGEST_ABOUT:
        raise BadHeader(
            f"Upload-Metadata has {len(value)} characters; the limit is {LONGEST_ABOUT}"
        )
    found: dict[str, str] = {}
    for pair in value.split(",") if value.strip() else ():
        key, _, encoded = pair.strip().partition(" ")
        if not KEY.fullmatch(key) or key in found:
            raise BadHeader(
                "Upload-Metadata must be names with texts in Base64, each name once, with commas "
                "between: filename a2lkbmV5LnRpZg==,sha256 ..."
            )
        try:
            found[key] = _decoded(encoded).decode()
        except ValueError as error:
            raise BadHeader(
                f"what Upload-Metadata says of {key[:40]!r} is no text in Base64"
            ) from error
    return found


def parse_checksum(value: str | None) -> Checksum | None:
    """What Upload-Checksum says of a part, None without one; raises BadHeader."""
    if value is None:
        return None
    algorithm, _, encoded = value.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise BadHeader(
            f"the checksum is of the kind {algorithm[:40]!r}; possible are {', '.join(ALGORITHMS)}"
        )
    fresh = hashlib.new(algorithm, usedforsecurity=False)
    try:
        wanted = _decoded(encoded)
    except ValueError as error:
        raise BadHeader("the checksum in Upload-Checksum is not Base64") from error
    if len(wanted) != fresh.digest_size:
        raise BadHeader(
            f"the checksum in Upload-Checksum has {len(wanted)} bytes; "
            f"{algorithm} has {fresh.digest_size}"
        )
    return Checksum(fresh, wanted)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except binascii.Error as error:
        raise ValueError from error
