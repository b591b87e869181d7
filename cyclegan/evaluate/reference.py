"""Real H&E to compare with, and how far one half of it is from the other: the floor.

No translation can be expected to be nearer to the real H&E than that is to itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from cyclegan.evaluate.look import Look, look_at
from cyclegan.evaluate.metric import SetMetric
from cyclegan.evaluate.sites import choose_sites
from cyclegan.images.image import Reader

SPLITS = 5
"""Random halvings that a floor is the mean of."""
SEED = 0


def looks_of(reader: Reader) -> list[Look]:
    """The looks of the fields of an H&E image."""
    return [look_at(reader.read(*site)) for site in choose_sites(reader)]


def floor(metric: SetMetric, files: Sequence[Sequence[Look]]) -> float | None:
    """The metric between random halves of the files, the same ones each time; None below two files.

    Files are never divided, since their fields are more alike than those of two files.
    """
    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(SPLITS if len(files) > 1 else 0):
        order = rng.permutation(len(files))
        halves = order[: len(files) // 2], order[len(files) // 2 :]
        sides = [list(chain.from_iterable(files[i] for i in half)) for half in halves]
        value = metric.compare(sides[0], sides[1])
        if value is None:
            return None
        found.append(value)
    return float(np.mean(found)) if found else None


def ratio(value: float | None, lowest: float | None) -> float | None:
    """How many times the floor a value is; None where either is missing or the floor is none."""
    if value is None or lowest is None or lowest <= 0:
        return None
    return value / lowest
