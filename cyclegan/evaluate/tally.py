"""Weighted means of what metrics read, for each translation and each metric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from cyclegan.evaluate.metric import FieldMetric, Reading

Scores = dict[str, dict[str, float | None]]
"""Translation to metric to value; None: nothing was measured."""


class Tally:
    """Sums of readings."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], float] = defaultdict(float)
        self._weights: dict[tuple[str, str], float] = defaultdict(float)

    def add(self, translation: str, metric: str, reading: Reading | None) -> None:
        """Count a reading; none counts nothing."""
        if reading is not None:
            self._sums[translation, metric] += reading.value * reading.weight
            self._weights[translation, metric] += reading.weight

    def merge(self, other: Tally) -> None:
        """Count what another has counted."""
        for key, weight in other._weights.items():
            self._sums[key] += other._sums[key]
            self._weights[key] += weight

    def scores(self, translations: Iterable[str], metrics: Mapping[str, FieldMetric]) -> Scores:
        """The values of the means so far."""
        return {
            name: {key: self._value(name, key, metric) for key, metric in metrics.items()}
            for name in translations
        }

    def _value(self, translation: str, key: str, metric: FieldMetric) -> float | None:
        weight = self._weights[translation, key]
        return metric.value_of(self._sums[translation, key] / weight) if weight else None
