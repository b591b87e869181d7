"""Whose turn it is: the order in which waiting jobs are claimed.

Users stand in a ring. Whoever is served goes to its end, and so does whoever arrives: nobody waits
for more than one job of each other user, and a stream of newcomers cannot hold up those who were
there before. Within a user the same holds for batches; jobs without a batch are one line together.
Within a line the oldest comes first.

    ring:  A [batch 1: jobs 1 2 3] [single files: 51]     B [single files: 52]
    order: 1 52 51 2 3

Places are told by job numbers, which count up, not by clocks, which may jump.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

Name = tuple[str, str | None]
"""A user and one of its batches."""
Place = tuple[int, int]
"""The newest job when the place was taken, and the number of the turn (0 for an arrival)."""


@dataclass(frozen=True, slots=True)
class Line:
    """The waiting jobs of one batch, or all single ones of a user."""

    user: str
    batch: str | None
    oldest: int
    """Number of its oldest job."""
    waiting: int
    """How many there are."""

    @property
    def name(self) -> Name:
        """What it is known by."""
        return self.user, self.batch


def fair_order(lines: Iterable[Line], turns: Mapping[Name, Place]) -> Iterator[Line]:
    """The lines in the order of their turns, each as often as it has jobs; lazy.

    `turns` holds where each line was sent when it was last served, running jobs included; one that
    is not there was not served since its oldest job arrived.
    """
    users: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        users[line.user].append(line)
    served: dict[str, Place] = {}
    for (user, _), place in turns.items():
        served[user] = max(place, served.get(user, place))
    arrived = {user: min(line.oldest for line in own) for user, own in users.items()}
    return _round_robin(_turns_of(users[user], turns) for user in _ring(arrived, served))


def _turns_of(lines: list[Line], turns: Mapping[Name, Place]) -> Iterator[Line]:
    by_name = {line.name: line for line in lines}
    arrived = {line.name: line.oldest for line in lines}
    ring = (by_name[name] for name in _ring(arrived, turns))
    return _round_robin(repeat(line, line.waiting) for line in ring)


def _ring(arrived: Mapping[K, int], served: Mapping[K, Place]) -> list[K]:
    """In the order in which they came to the end of the ring, by arrival or by service."""
    places = {key: max((oldest, 0), served.get(key, (0, 0))) for key, oldest in arrived.items()}
    return sorted(places, key=places.__getitem__)


def _round_robin(queues: Iterable[Iterator[Line]]) -> Iterator[Line]:
    ring = deque(queues)
    while ring:
        queue = ring.popleft()
        if (line := next(queue, None)) is not None:
            yield line
            ring.append(queue)
