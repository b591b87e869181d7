"""An evaluation as rows of words and numbers, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cyclegan.evaluate import METRICS
from cyclegan.evaluate.evaluation import Evaluation
from cyclegan.evaluate.metric import Metric, Needs
from cyclegan.evaluate.reference import ratio

GROUPS: dict[Needs, str] = {
    "truth": "Output and truth",
    "input": "Output and input",
    "tiles": "Between tiles",
    "reference": "Outputs and real H&E",
}
NONE = "–"
"""What could not be measured."""
TRIVIAL = "inverted"
"""The translation that has some values by its making, so that it is never called the best."""


@dataclass(frozen=True)
class Row:
    """One metric over all images."""

    key: str
    metric: Metric
    values: Sequence[str]
    """Of each translation."""
    best: Sequence[bool]
    """Which of them are the best."""
    floor: str
    ratios: Sequence[str]
    """How many times the floor each translation is; empty where there is no floor."""


@dataclass(frozen=True)
class Group:
    """Metrics that need the same; those that could not be measured at all are left out."""

    needs: Needs
    title: str
    rows: Sequence[Row]


def groups_of(found: Evaluation) -> list[Group]:
    """All that was measured."""
    measured = {
        key: metric
        for key, metric in METRICS.items()
        if any(found.scores[name][key] is not None for name in found.translations)
    }
    groups = []
    for needs, title in GROUPS.items():
        rows = [_row(found, key, m) for key, m in measured.items() if m.needs == needs]
        if rows:
            groups.append(Group(needs, title, rows))
    return groups


def number(value: float | None) -> str:
    """A value with three or four figures."""
    if value is None:
        return NONE
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def direction(metric: Metric) -> str:
    """Which values are good ones, and their unit."""
    return f"{metric.better} is better" + (f", {metric.unit}" if metric.unit else "")


def truths(found: Evaluation) -> str:
    """How many images have a truth, as a sentence."""
    count, images = sum(image.has_truth for image in found.images), len(found.images)
    if not count:
        return "No image has a truth."
    if count == images:
        return "Every image has a truth."
    have = "has" if count == 1 else "have"
    return f"{count} of {images} images {have} a truth; what needs one is measured there alone."


def to_text(found: Evaluation) -> str:
    """The table for a terminal, under a sentence."""
    lines = [truths(found)]
    for group in groups_of(found):
        is_real = group.needs == "reference"
        heads = [*found.translations, *(["real/real"] if is_real else [])]
        widths = [max(len(head), 9) for head in heads]
        lines += ["", _line(group.title, heads, widths)]
        for row in group.rows:
            values = [*row.values, *([row.floor] if is_real else [])]
            lines.append(_line(f"  {row.metric.title} ({direction(row.metric)})", values, widths))
    return "\n".join(lines)


def _line(title: str, cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"{title:74}" + "".join(f"  {c:>{w}}" for c, w in zip(cells, widths, strict=True))


def _row(found: Evaluation, key: str, metric: Metric) -> Row:
    values = [found.scores[name][key] for name in found.translations]
    lowest = found.floors.get(key)
    ratios = [ratio(value, lowest) for value in values]
    return Row(
        key,
        metric,
        [number(value) for value in values],
        _best(values, metric, found.translations),
        number(lowest),
        [] if lowest is None else [number(value) for value in ratios],
    )


def _best(values: Sequence[float | None], metric: Metric, names: Sequence[str]) -> list[bool]:
    """Which values are the best of those that are not trivial, if there are two to compare."""
    off = [
        None if value is None or name == TRIVIAL else _distance_to_ideal(value, metric)
        for name, value in zip(names, values, strict=True)
    ]
    known = [value for value in off if value is not None]
    return [len(known) > 1 and value is not None and value == min(known) for value in off]


def _distance_to_ideal(value: float, metric: Metric) -> float:
    if metric.better == "near one":
        return abs(value - 1)
    return -value if metric.better == "higher" else value
