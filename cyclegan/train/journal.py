"""Records of a training as JSON lines, each of a step; those after a step can be forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclegan.images.new_file import NewFile


def append(path: Path, record: Mapping[str, object]) -> None:
    """Add a record at the end of a file, which is made if it is not there."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, allow_nan=False, ensure_ascii=False) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """All records from the first; none when there is no file, or for a line that was cut short."""
    return [json.loads(line) for line in whole_lines(path)]


def forget_after(path: Path, step: int) -> None:
    """Remove the records of later steps, and a last line that was cut short."""
    kept = [line for line in whole_lines(path) if json.loads(line)["step"] <= step]
    replace_lines(path, kept)


def whole_lines(path: Path) -> list[str]:
    """The lines of a text file that have their end, with it; none when there is no file."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    return [line for line in lines if line.endswith("\n")]


def replace_lines(path: Path, lines: list[str]) -> None:
    """Write a text file anew; it has its old content or all of the new one."""
    new = NewFile(path)
    try:
        new.path.write_text("".join(lines), encoding="utf-8")
        new.publish()
    finally:
        new.discard()
