"""How far images that were sent together are, and how long they still take; no database, no clock.

A second is worth more pixels when others use the service, too, or when several workers do: so the
pace is measured from one end of an image to the next, not by what a translation took.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from app.job import ENDED, State

LATEST = 8
"""Images that the pace is measured by: the last ones, as others come and go."""


@dataclass(frozen=True, slots=True)
class Step:
    """One image of several, as far as it has come."""

    state: State
    pixels: int
    progress: float
    """0..1"""
    created: datetime
    started: datetime | None
    finished: datetime | None
    eta_s: float | None
    """What its own attempt says of the seconds left, if anything."""

    @property
    def left_px(self) -> float:
        """Pixels that are still to be translated."""
        is_translated = self.state in ENDED or self.state == "publishing"
        return 0.0 if is_translated else self.pixels * (1 - self.progress)


def part_done(steps: Collection[Step]) -> float:
    """0..1: the part of all pixels that is translated, or given up."""
    pixels = sum(step.pixels for step in steps)
    return 1 - sum(step.left_px for step in steps) / pixels if pixels else 1.0


def seconds_left(steps: Collection[Step]) -> float | None:
    """Until the last image is translated; None while nothing tells the pace, or nothing is left."""
    left_px = sum(step.left_px for step in steps)
    pace = _measured(steps) or _promised(steps)
    return left_px * pace if left_px and pace else None


def _measured(steps: Collection[Step]) -> float | None:
    """Seconds for a pixel, from the end of one image to that of the next."""
    done = [(step.finished, step) for step in steps if step.state == "done" and step.finished]
    latest = sorted(done, key=itemgetter(0))[-LATEST:]
    seconds, before = 0.0, None
    for finished, step in latest:
        # An image that was sent later was not waited for before.
        begun = max(before, step.created) if before else step.started or step.created
        seconds += max(0.0, (finished - begun).total_seconds())
        before = finished
    return seconds / sum(step.pixels for _, step in latest) if latest else None


def _promised(steps: Collection[Step]) -> float | None:
    """Seconds for a pixel of the images under way, by their own estimates."""
    known = [(step.eta_s, step.left_px) for step in steps if step.eta_s and step.left_px]
    return sum(eta_s for eta_s, _ in known) / sum(px for _, px in known) if known else None
