"""What became of the images of a batch, as a table that spreadsheets open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it Excel takes UTF-8 for the code page of its country."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell that begins so is computed by a spreadsheet, and may reach out of it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One image; None is an empty cell."""

    name: str
    state: str
    file: str | None
    """Its name in the ZIP."""
    page: str
    result: str | None
    """Link to the result."""
    width_px: int
    """Of the image as it was sent."""
    height_px: int
    result_bytes: int | None
    model: str
    error: str | None


def lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """The table as UTF-8 with a mark at its beginning, a line at a time: names, then the rows."""
    yield (BOM + _line([field.name for field in fields(Row)])).encode()
    for row in rows:
        yield _line([_cell(value) for value in asdict(row).values()]).encode()


def _cell(value: object) -> object:
    """Text that a spreadsheet shows instead of computing it; the quote says that it is text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)  # ends with CR LF, as RFC 4180 has it
    return line.getvalue()
