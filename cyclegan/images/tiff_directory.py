"""The directories of a BigTIFF: what says where the tiles of each level are, and what they mean.

Written here because a library writes one level after another, each at once, so that all but the
first would have to wait on disk; as bytes, a directory is a sorted table and what does not fit
into it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

ALIGNMENT = 8
"""Where a directory or a value may begin: at multiples of this."""
ENTRY_BYTES = 20
INLINE_BYTES = 8
"""Values of up to so many bytes stand in the table itself."""
ASCII, SHORT, LONG, RATIONAL, UNDEFINED, LONG8, IFD8 = 2, 3, 4, 5, 7, 16, 18
"""Types of values."""
LARGEST_LONG = 2**32 - 1


class Field(NamedTuple):
    """One entry of a directory."""

    tag: int
    type: int
    number: int
    """How many values of that type."""
    data: bytes
    """The values, little-endian."""


def shorts(tag: int, *values: int) -> Field:
    """Numbers of 16 bits."""
    return Field(tag, SHORT, len(values), struct.pack(f"<{len(values)}H", *values))


def longs(tag: int, *values: int) -> Field:
    """Numbers of 32 bits."""
    return Field(tag, LONG, len(values), struct.pack(f"<{len(values)}I", *values))


def positions(tag: int, values: Iterable[int], *, of_directories: bool = False) -> Field:
    """Numbers of 64 bits: places in the file, or lengths."""
    data = b"".join(struct.pack("<Q", value) for value in values)
    return Field(tag, IFD8 if of_directories else LONG8, len(data) // 8, data)


def ratio(tag: int, value: float) -> Field:
    """A positive number as the nearest fraction of two numbers of 32 bits."""
    limit = LARGEST_LONG if value <= 1 else max(1, int(LARGEST_LONG / value))
    fraction = Fraction(value).limit_denominator(limit)
    return Field(tag, RATIONAL, 1, struct.pack("<2I", fraction.numerator, fraction.denominator))


def text(tag: int, value: str) -> Field:
    """A text; readers take what is not ASCII as UTF-8."""
    data = value.encode() + b"\0"
    return Field(tag, ASCII, len(data), data)


def blob(tag: int, value: bytes) -> Field:
    """Bytes as they are."""
    return Field(tag, UNDEFINED, len(value), value)


def header(first: int) -> bytes:
    """The beginning of a file whose first directory is at that position."""
    return struct.pack("<2sHHHQ", b"II", 43, 8, 0, first)


def aligned(position: int) -> int:
    """The first place at or after the position where a directory or a value may begin."""
    return -(-position // ALIGNMENT) * ALIGNMENT


def directory(fields: Iterable[Field], *, at: int, has_next: bool = False) -> bytes:
    """A directory at a position, with all its values, as many bytes as `aligned` asks for.

    With `has_next` another one follows it at once; otherwise it is the last of its chain.
    """
    table = sorted(fields)
    elsewhere = at + aligned(8 + ENTRY_BYTES * len(table) + 8)
    entries, values = bytearray(), bytearray()
    for tag, kind, number, data in table:
        place = data
        if len(data) > INLINE_BYTES:
            place = struct.pack("<Q", elsewhere + len(values))
            values += data.ljust(aligned(len(data)), b"\0")
        entries += struct.pack("<HHQ", tag, kind, number) + place.ljust(INLINE_BYTES, b"\0")
    following = elsewhere + len(values) if has_next else 0
    head = struct.pack("<Q", len(table)) + entries + struct.pack("<Q", following)
    return head.ljust(elsewhere - at, b"\0") + values
