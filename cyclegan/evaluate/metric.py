"""What a metric is: a number with a name, a unit, a direction and a sentence about its limits.

A field metric looks at one field of an image at a time; what it reads is averaged over fields with
weights, so that a share is one of all the nuclei or pixels there are. A set metric compares the
looks of many fields with those of many others. None stands for what cannot be measured there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.look import Look

Better = Literal["higher", "lower", "near one"]
Needs = Literal["truth", "input", "tiles", "reference"]
"""What there must be beside the output; `tiles` stands for more than one."""


class Reading(NamedTuple):
    """A value and what it counts in a mean: pixels, nuclei; the weight is above 0."""

    value: float
    weight: float


@dataclass(frozen=True)
class FieldMetric:
    """A metric of single fields; its value is that of the weighted mean of what is read."""

    title: str
    unit: str
    """Empty for plain numbers."""
    better: Better
    needs: Needs
    meaning: str
    """A sentence on what it means, and one on its limits."""
    measure: Callable[[Field], Reading | None]
    value_of: Callable[[float], float] = float
    """The value that a reading, or a mean of readings, has in the unit of the metric."""


@dataclass(frozen=True)
class SetMetric:
    """A metric of the looks of many fields against those of real ones."""

    title: str
    unit: str
    better: Better
    meaning: str
    """A sentence on what it means, and one on its limits."""
    compare: Callable[[Sequence[Look], Sequence[Look]], float | None]
    """Looks that were made, then real ones."""
    needs: Literal["reference"] = "reference"


Metric = FieldMetric | SetMetric
