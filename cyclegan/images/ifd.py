"""Walking a TIFF's chain of pages, without decoding: to count them, and to see that it is whole.

tifffile would follow a chain that bites its own tail for ever, passes over one that is cut off, and
puts a default in the place of a value that lies behind the end of the file.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from cyclegan.errors import CorruptImage

MOST_PAGES = 100_000
MOST_ENTRIES = 4096
BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
BYTES_OF_TYPE |= {16: 8, 17: 8, 18: 8}
FIRST_PRIVATE_TAG = 32768
"""Tags from here on are for their makers; what they point to may be gone for good."""


class Layout(NamedTuple):
    """How a TIFF of one kind writes its directories, in struct codes without the byte order."""

    first: int
    """Where the position of the first directory stands."""
    entries: str
    """Number of entries."""
    entry: str
    """Tag, type and number of values of an entry, which a position (or the values) follows."""
    offset: str
    """A position in the file."""


CLASSIC = Layout(first=4, entries="H", entry="HHI", offset="I")
BIG = Layout(first=8, entries="Q", entry="HHQ", offset="Q")
ORDERS = {b"II": "<", b"MM": ">"}
VERSIONS = {42: CLASSIC, 43: BIG}


def count_pages(file: BinaryIO) -> int:
    """How many pages follow one another in an open TIFF.

    Raises CorruptImage when the chain leads out of the file, to itself, or to nothing at all, or
    a page has values that are not in the file.
    """
    order, layout = _layout(file)
    size = file.seek(0, 2)
    seen: set[int] = set()
    position = _number(file, layout.first, order + layout.offset)
    while position:
        if position in seen or len(seen) == MOST_PAGES:
            raise CorruptImage("the TIFF file's list of pages never ends; save it anew")
        seen.add(position)
        position = _check_page(file, position, order, layout, size)
    if not seen:
        raise CorruptImage("the TIFF file has no page in it; save it anew")
    return len(seen)


def _check_page(file: BinaryIO, position: int, order: str, layout: Layout, size: int) -> int:
    """Check the values of the page whose directory is at the position; where the next one is."""
    count = _number(file, position, order + layout.entries)
    if count > MOST_ENTRIES:
        raise CorruptImage("the TIFF file is damaged: a page has too many entries; save it anew")
    entry = struct.Struct(order + layout.entry + layout.offset)
    body = file.read(count * entry.size)
    if len(body) < count * entry.size:
        raise _cut_short()
    for tag, kind, values, where in entry.iter_unpack(body):
        length = BYTES_OF_TYPE.get(kind, 0) * values
        is_elsewhere = length > struct.calcsize(layout.offset)
        if is_elsewhere and where + length > size and tag < FIRST_PRIVATE_TAG:
            raise _cut_short()
    end = position + struct.calcsize(order + layout.entries) + len(body)
    return _number(file, end, order + layout.offset)


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
    raise _cut_short()


def _cut_short() -> CorruptImage:
    return CorruptImage("the TIFF file is cut short; send it again")
