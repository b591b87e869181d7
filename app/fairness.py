"""Whose turn it is: the order in which waiting jobs are claimed.

Users stand in a ring. Whoever is served goes to its end, and so does whoever arrives: nobody waits
for more than one job of each other user, and a stream of newcomers cannot hold up those who were
there before. Within a user the same holds for batches; jobs without a batch are one line together.
Within a batch the oldest comes first. Jobs that were interrupted go before all others.

    ring:  A [batch 1: 1 2 3 ...] [single files: 51]     B [52]
    order: 1 52 51 2 3 ...
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

Line = tuple[str, str | None]
"""A user and one of its batches."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued job, as far as its turn depends on it."""

    number: int
    """Counts up in order of arrival."""
    user: str
    batch: str | None
    created: datetime
    resumes: bool
    """It was interrupted through no fault of its own."""


def fair_order(waiting: Sequence[Waiting], turns: Mapping[Line, datetime]) -> Iterator[Waiting]:
    """All of the waiting jobs, the next one first; lazy.

    `turns` holds when each user and batch was last served, running jobs included; one that is not
    there was never served.
    """
    oldest_first = sorted(waiting, key=lambda job: job.number)
    yield from (job for job in oldest_first if job.resumes)
    users = _grouped((job for job in oldest_first if not job.resumes), by=lambda job: job.user)
    served: dict[str, datetime] = {}
    for (user, _), taken in turns.items():
        served[user] = max(taken, served.get(user, taken))
    yield from _round_robin(_batches_in_turn(jobs, turns) for jobs in _ring(users, served))


def _batches_in_turn(jobs: list[Waiting], turns: Mapping[Line, datetime]) -> Iterator[Waiting]:
    batches = _grouped(jobs, by=lambda job: (job.user, job.batch))
    return _round_robin(iter(line) for line in _ring(batches, turns))


def _ring(groups: Mapping[K, list[Waiting]], turns: Mapping[K, datetime]) -> list[list[Waiting]]:
    """The groups in the order in which they came to the end of the ring, by service or arrival."""

    def place(key: K) -> tuple[datetime, int]:
        oldest = groups[key][0]
        return max(oldest.created, turns.get(key, oldest.created)), oldest.number

    return [groups[key] for key in sorted(groups, key=place)]


def _grouped(jobs: Iterable[Waiting], *, by: Callable[[Waiting], K]) -> dict[K, list[Waiting]]:
    groups: dict[K, list[Waiting]] = defaultdict(list)
    for job in jobs:
        groups[by(job)].append(job)
    return groups


def _round_robin(lines: Iterable[Iterator[Waiting]]) -> Iterator[Waiting]:
    ring = deque(lines)
    while ring:
        line = ring.popleft()
        if (job := next(line, None)) is not None:
            yield job
            ring.append(line)
