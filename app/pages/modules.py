"""Which modules a script of the pages is made of, so that a page asks for all of them at once.

A browser learns what a module imports when it has it: each step of the way takes a round trip.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePosixPath

from app.settings import ROOT

FOLDER = ROOT / "app" / "static"
IMPORT = re.compile(r'^import [^;]*"(\.{1,2}/[^"]+)";', re.MULTILINE)
"""An import of one of our own, by its relative address, at the beginning of a line."""


@cache
def imported(script: str) -> tuple[str, ...]:
    """The files below the folder of static files that a script there imports, and those again."""
    found: list[str] = []
    _follow(script, found)
    return tuple(found)


def _follow(script: str, found: list[str]) -> None:
    for name in IMPORT.findall((FOLDER / script).read_text(encoding="utf-8")):
        wanted = _joined(PurePosixPath(script).parent, name)
        if wanted not in found:
            found.append(wanted)
            _follow(wanted, found)


def _joined(folder: PurePosixPath, name: str) -> str:
    for part in name.split("/"):
        folder = {".": folder, "..": folder.parent}.get(part, folder / part)
    return str(folder)
