"""Walking a TIFF's chain of pages, without decoding: to count them, and to see that it is whole.

tifffile would follow a chain that bites its own tail for ever, and passes over one that is cut off.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from cyclegan.errors import CorruptImage

MOST_PAGES = 100_000


class Layout(NamedTuple):
    """How a TIFF of one kind writes its directories."""

    first: int
    """Where the position of the first directory stands."""
    entries: str
    """struct code of the number of entries."""
    entry_bytes: int
    offset: str
    """struct code of a position in the file."""


CLASSIC = Layout(first=4, entries="H", entry_bytes=12, offset="I")
BIG = Layout(first=8, entries="Q", entry_bytes=20, offset="Q")
ORDERS = {b"II": "<", b"MM": ">"}
VERSIONS = {42: CLASSIC, 43: BIG}


def count_pages(file: BinaryIO) -> int:
    """How many pages follow one another in an open TIFF.

    Raises CorruptImage when the chain leads out of the file, to itself, or to nothing at all.
    """
    order, layout = _layout(file)
    seen: set[int] = set()
    position = _number(file, layout.first, order + layout.offset)
    while position:
        if position in seen or len(seen) == MOST_PAGES:
            raise CorruptImage("the TIFF file's list of pages never ends; save it anew")
        seen.add(position)
        entries = _number(file, position, order + layout.entries)
        end = position + struct.calcsize(order + layout.entries) + entries * layout.entry_bytes
        position = _number(file, end, order + layout.offset)
    if not seen:
        raise CorruptImage("the TIFF file has no page in it; save it anew")
    return len(seen)


def _layout(file: BinaryIO) -> tuple[str, Layout]:
    file.seek(0)
    order = ORDERS[file.read(2)]
    return order, VERSIONS[_number(file, 2, order + "H")]


def _number(file: BinaryIO, position: int, code: str) -> int:
    size = struct.calcsize(code)
    if position < 2**63 - size:
        file.seek(position)
        found = file.read(size)
        if len(found) == size:
            return int(struct.unpack(code, found)[0])
    raise CorruptImage("the TIFF file is cut short; send it again")
