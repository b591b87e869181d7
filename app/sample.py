"""Which reviewed images a retraining gets: spread over months, tissues and senders, none too much.

Pure functions of values. What they choose depends on what there is and on nothing else, so that the
same reviews always give the same choice.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HELD_OUT_EVERY = 8
"""One image of so many is held out. Never change it: held-out images would be trained on."""


@dataclass(frozen=True)
class Candidate:
    """An image that somebody accepted."""

    sha256: str
    """Of its file, hexadecimal: what it is known by."""
    month: str
    """`YYYY-MM` in which it was sent."""
    tissue: str
    """In small letters; empty when nobody said."""
    sender: str

    @property
    def stratum(self) -> tuple[str, str, str]:
        """Images that are alike as far as the choice is concerned."""
        return self.month, self.tissue, self.sender


def is_held_out(sha256: str) -> bool:
    """Whether an image is never trained on: decided by its bytes alone, for ever."""
    return int(sha256[:8], 16) % HELD_OUT_EVERY == 0


def choose(candidates: Iterable[Candidate], *, limit: int, cap: float) -> list[Candidate]:
    """At most `limit` of the candidates, of which no sender has more than the part `cap`.

    Where there are too few senders for that, each has an equal part at most. All strata are gone
    round, one image of each at a time, so that rare months and tissues come first.
    """
    ordered = _in_rounds(candidates)
    counts = Counter(candidate.sender for candidate in ordered)
    cap = max(cap, 1 / max(1, len(counts)))
    for total in range(min(limit, len(ordered)), 0, -1):
        most = max(1, math.floor(cap * total + 1e-9))
        if sum(min(count, most) for count in counts.values()) >= total:
            return sorted(_first(ordered, total, most), key=lambda candidate: candidate.sha256)
    return []


def _in_rounds(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One of each stratum, then a second of each, and so on."""
    strata: defaultdict[tuple[str, str, str], list[Candidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=lambda candidate: candidate.sha256):
        strata[candidate.stratum].append(candidate)
    ranked = [
        (rank, candidate.sha256, candidate)
        for members in strata.values()
        for rank, candidate in enumerate(members)
    ]
    return [candidate for _, _, candidate in sorted(ranked, key=lambda one: one[:2])]


def _first(ordered: Sequence[Candidate], total: int, most: int) -> list[Candidate]:
    taken: list[Candidate] = []
    of_sender: Counter[str] = Counter()
    for candidate in ordered:
        if len(taken) < total and of_sender[candidate.sender] < most:
            of_sender[candidate.sender] += 1
            taken.append(candidate)
    return taken
