"""What a check has found: one line, with the cure where one is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "bad", "skip"]
"""`warn`: it works, but not as one would wish; `skip`: it could not be asked."""

SUBJECT_WIDTH = 16


@dataclass(frozen=True)
class Finding:
    """How it stands with one thing."""

    level: Level
    subject: str
    text: str
    """A sentence without its full stop: what was met and what was wanted."""
    cure: str = ""
    """What to do, best a command to paste; empty when nothing is to be done."""

    def line(self) -> str:
        """The finding as it is printed; always a single line."""
        words = f"{self.text}. {self.cure}" if self.cure else self.text
        return f"{self.level:<5} {self.subject:<{SUBJECT_WIDTH}}  {' '.join(words.split())}"
