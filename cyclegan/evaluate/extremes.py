"""The patches on which a translation does best and worst, by one metric."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from cyclegan.evaluate.background import DYE
from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric
from cyclegan.images.image import Pixels

PATCH_PX = 256
KEPT = 4
"""So many at each end, or half of them all where there are fewer than twice as many."""
LEAST_NEW_PX = 64
"""The last patch of an axis is left out where less of it is new."""
TISSUE_SHARE = 0.25
"""Patches in which less has dye are not looked at."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A place and its pictures, which are copies."""

    image: str
    y: int
    """px of the image"""
    x: int
    """px of the image"""
    value: float
    """Of the metric."""
    input: Pixels
    output: Pixels
    truth: Pixels | None


class Extremes:
    """Keeps the few best and worst patches of all that it is shown; the earlier of two equals."""

    def __init__(self, metric: FieldMetric) -> None:
        self.metric = metric
        self._sign = 1 if metric.better == "higher" else -1
        self._best: list[tuple[float, int, Patch]] = []
        self._worst: list[tuple[float, int, Patch]] = []
        self._seen = 0

    @property
    def best(self) -> list[Patch]:
        """The best first; of few patches the better half."""
        half = -(-self._seen // 2)
        return [patch for *_, patch in sorted(self._best, reverse=True)][:half]

    @property
    def worst(self) -> list[Patch]:
        """The worst first; none that is among the best, too."""
        best = {id(patch) for patch in self.best}
        worst = [patch for *_, patch in sorted(self._worst, reverse=True)]
        return [patch for patch in worst if id(patch) not in best]

    def show(self, image: str, y: int, x: int, field: Field) -> None:
        """Look at the patches of a field whose top-left corner is at (y, x) of an image."""
        for top, left, part in _patches(field):
            reading = self.metric.measure(part)
            if reading is None:
                continue
            value = self.metric.value_of(reading.value)
            if self._is_wanted(value):
                self._keep(_copied(image, y + top, x + left, value, part))

    def merge(self, other: Extremes) -> None:
        """Look at the patches that another has kept."""
        for patch in other.best + other.worst:
            self._keep(patch)

    def _is_wanted(self, value: float) -> bool:
        scores = ((self._best, self._sign * value), (self._worst, -self._sign * value))
        return any(len(kept) < KEPT or score > kept[0][0] for kept, score in scores)

    def _keep(self, patch: Patch) -> None:
        self._seen += 1
        score = self._sign * patch.value
        for kept, s in ((self._best, score), (self._worst, -score)):
            heapq.heappush(kept, (s, -self._seen, patch))
            if len(kept) > KEPT:
                heapq.heappop(kept)


def _copied(image: str, y: int, x: int, value: float, part: Field) -> Patch:
    truth = part.scene.truth
    return Patch(
        image,
        y,
        x,
        value,
        part.scene.input.copy(),
        part.output.copy(),
        None if truth is None else truth.copy(),
    )


def _patches(field: Field) -> Iterator[tuple[int, int, Field]]:
    """Whole patches of a field with enough dye in them, row by row; a small field is one.

    The last row and column lie at the edge.
    """
    height, width = field.output.shape[:2]
    down, across = min(height, PATCH_PX), min(width, PATCH_PX)
    scene = field.scene
    has_dye = np.asarray((scene.amounts >= DYE).any(axis=2))
    for y, x in product(_starts(height), _starts(width)):
        place = slice(y, y + down), slice(x, x + across)
        if has_dye[place].mean() >= TISSUE_SHARE:
            truth = None if scene.truth is None else scene.truth[place]
            part = replace(scene, input=scene.input[place], truth=truth)
            yield y, x, Field(part, field.output[place])


def _starts(length: int) -> list[int]:
    """Where patches begin along an axis: side by side, and the last one at the end."""
    last = max(length - PATCH_PX, 0)
    starts = list(range(0, last + 1, PATCH_PX))
    return starts if last - starts[-1] < LEAST_NEW_PX else [*starts, last]
