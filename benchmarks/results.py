"""The figures of a run: a JSON file that is whole after every one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Record = dict[str, Any]
"""What was measured: `part`, `case`, `side` in px, `round`, and the figures or `failed`."""


@dataclass
class Results:
    """One run on one machine."""

    machine: dict[str, Any]
    records: list[Record] = field(default_factory=list)
    path: Path | None = None
    """Where each further record is kept."""

    def add(self, record: Record) -> None:
        """Take up a record and write all of them."""
        self.records.append(record)
        if self.path:
            new = self.path.with_name(f".{self.path.name}")
            content = {"machine": self.machine, "records": self.records}
            new.write_text(json.dumps(content, indent=1), encoding="utf-8")
            new.replace(self.path)

    def of(self, part: str, **wanted: object) -> list[Record]:
        """The records of a part that have all wanted values."""
        found = (record for record in self.records if record["part"] == part)
        return [record for record in found if wanted.items() <= record.items()]

    def sides(self, part: str) -> list[int]:
        """The sizes that a part has, the smallest first."""
        return sorted({record["side"] for record in self.of(part)})

    def cases(self, part: str) -> list[str]:
        """The cases that a part has, in the order in which they came."""
        return list(dict.fromkeys(record["case"] for record in self.of(part)))


def read_results(path: Path) -> Results:
    """The results that a run has left."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Results(content["machine"], content["records"])
