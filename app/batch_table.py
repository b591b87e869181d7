"""What became of the images of a batch, as a table that spreadsheets open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields

from app.spreadsheet import csv_line

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it Excel takes UTF-8 for the code page of its country."""


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
    yield (BOM + csv_line([field.name for field in fields(Row)])).encode()
    for row in rows:
        yield csv_line(asdict(row).values()).encode()
