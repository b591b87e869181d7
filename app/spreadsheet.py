"""Lines of a table that spreadsheets open, and compute nothing of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell that begins so is computed by a spreadsheet, and may reach out of it."""


def csv_line(cells: Iterable[object]) -> str:
    """The cells as a line of CSV; ends with CR LF, as RFC 4180 has it."""
    line = io.StringIO()
    csv.writer(line).writerow([_plain(cell) for cell in cells])
    return line.getvalue()


def _plain(cell: object) -> object:
    """Text that a spreadsheet shows instead of computing it; the quote says that it is text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
