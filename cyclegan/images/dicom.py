"""Which DICOM files belong together: a slide is a series of files, one or more for each level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

SUFFIX = ".dcm"
HEAD_BYTES = 2**16
"""How much of a file's beginning holds what describes it."""
MAGIC_AT, MAGIC = 128, b"DICM"
SERIES = b"\x20\x00\x0e\x00UI"
"""SeriesInstanceUID, (0020,000E), as slides are written: explicit VR, little endian."""


def series_of(path: Path) -> bytes | None:
    """What names the series of a DICOM file, or None where a file does not say one, or nothing."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:  # whoever opens it as an image says so
        return None
    place = head.find(SERIES)
    if head[MAGIC_AT : MAGIC_AT + len(MAGIC)] != MAGIC or place < 0:
        return None
    begin = place + len(SERIES) + 2
    return head[begin : begin + int.from_bytes(head[begin - 2 : begin], "little")]


def first_of_series(files: Iterable[Path]) -> Iterator[Path]:
    """The files of one folder without those DICOM files whose series has come before."""
    known = set[bytes]()
    for file in files:
        is_dicom = file.suffix.lower() == SUFFIX and file.is_file()
        series = series_of(file) if is_dicom else None
        if series not in known:
            yield file
        if series is not None:
            known.add(series)
