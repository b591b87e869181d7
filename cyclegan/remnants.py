"""What is left of an image when parts of it are left out: rectangles that hold nothing of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cyclegan.images import create_image, open_image
from cyclegan.images.region import Region

STRIP_PX = 256
"""Rows that are copied at a time."""


def remnants(
    height: int, width: int, left_out: Sequence[Region], *, smallest_px: int
) -> list[Region]:
    """Rectangles beside the regions that are left out, none of which overlaps another.

    A rectangle around such a region is cut off above, below, left and right of it, either along
    the rows first or along the columns, whichever keeps more. Pieces with a side below
    `smallest_px` are dropped; nothing may be left.
    """
    pieces = [Region(0, 0, height, width)]
    for hole in left_out:
        pieces = [part for piece in pieces for part in _around(piece, hole, smallest_px)]
    return [piece for piece in pieces if min(piece.height, piece.width) >= smallest_px]


def _around(piece: Region, hole: Region, smallest_px: int) -> list[Region]:
    top, left = max(piece.y, hole.y), max(piece.x, hole.x)
    bottom = min(piece.y + piece.height, hole.y + hole.height)
    right = min(piece.x + piece.width, hole.x + hole.width)
    if bottom <= top or right <= left:
        return [piece]
    rows = (piece.y, top), (top, bottom), (bottom, piece.y + piece.height)
    columns = (piece.x, left), (left, right), (right, piece.x + piece.width)
    all_rows, all_columns = (rows[0][0], rows[2][1]), (columns[0][0], columns[2][1])
    before, beside, after = rows
    along_rows = [(before, all_columns), (beside, columns[0]), (beside, columns[2])]
    along_rows.append((after, all_columns))
    before, beside, after = columns
    along_columns = [(all_rows, before), (rows[0], beside), (rows[2], beside), (all_rows, after)]
    ways = [_large(way, smallest_px) for way in (along_rows, along_columns)]
    return max(ways, key=lambda way: sum(part.height * part.width for part in way))


def _large(
    spans: Sequence[tuple[tuple[int, int], tuple[int, int]]], smallest_px: int
) -> list[Region]:
    parts = [
        Region(top, left, bottom - top, right - left) for (top, bottom), (left, right) in spans
    ]
    return [part for part in parts if min(part.height, part.width) >= smallest_px]


def keep_part(source: Path, target: Path, part: Region, *, scratch: Path) -> None:
    """Write a part of an image, in px of its finest level, to a new PNG.

    Large images wait in the folder `scratch`. Raises what `open_image` and `create_image` raise.
    """
    with (
        open_image(source, scratch=scratch) as reader,
        create_image(target, kind="png", height=part.height, width=part.width) as writer,
    ):
        for y in range(part.y, part.y + part.height, STRIP_PX):
            rows = min(STRIP_PX, part.y + part.height - y)
            writer.write(reader.read(y, part.x, rows, part.width))
