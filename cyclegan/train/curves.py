"""Losses as curves: the coordinates that a page draws, in px of a picture of fixed size."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 150
LEFT, RIGHT, TOP, BOTTOM = 38, 304, 8, 128
"""Of the area with the curves, within the picture."""
POINTS = 80
"""Of a curve at most: more would be noise, where the shade tells how much of it there is."""
SIDE = re.compile(r"_[AB]$")
"""What tells the two directions of a loss apart: they share a panel."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One loss over the steps."""

    name: str
    latest: float
    line: str
    """Points of means, as in SVG."""
    band: str
    """A polygon from the lowest to the highest that a mean is of."""
    end: tuple[float, float]
    """Where the line ends, x and y."""


@dataclass(frozen=True)
class Tick:
    """A place on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Panel:
    """Losses that are drawn together."""

    title: str
    curves: tuple[Curve, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def panels(records: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """A panel for each loss of the records of `losses.jsonl`, in the order they first appear in."""
    series: dict[str, list[tuple[int, float]]] = {}
    for record in records:
        for name, value in record["losses"].items():
            series.setdefault(name, []).append((record["step"], value))
    together: dict[str, list[str]] = {}
    for name in series:
        together.setdefault(SIDE.sub("", name), []).append(name)
    last = max((1, *(record["step"] for record in records)))
    return [
        _panel(title, {name: np.array(series[name], np.float64) for name in names}, last)
        for title, names in together.items()
    ]


def _panel(title: str, series: Mapping[str, Doubles], last: int) -> Panel:
    """Draw losses, each (n, 2): step and value."""
    thin = {name: _thinned(points) for name, points in series.items()}
    bottom, top = _range(list(thin.values()))

    def x(step: Doubles) -> Doubles:
        return LEFT + step / last * (RIGHT - LEFT)

    def y(value: Doubles) -> Doubles:
        return BOTTOM - (value - bottom) / (top - bottom) * (BOTTOM - TOP)

    curves = []
    for name, points in thin.items():
        step, mean, low, high = points.T
        around = np.append(x(step), x(step)[::-1]), np.append(y(high), y(low)[::-1])
        curves.append(
            Curve(
                name,
                latest=float(series[name][-1, 1]),
                line=_points(x(step), y(mean)),
                band=_points(*around),
                end=(float(x(step)[-1]), float(y(mean)[-1])),
            )
        )
    steps, values = _round_values(0, last), _round_values(bottom, top)
    return Panel(
        title,
        tuple(curves),
        x_ticks=_ticks(x(steps), [_short(step) for step in steps]),
        y_ticks=_ticks(y(values), [f"{value:.3g}" for value in values]),
    )


def _ticks(places: Doubles, labels: Sequence[str]) -> tuple[Tick, ...]:
    return tuple(Tick(float(at), label) for at, label in zip(places, labels, strict=True))


def _thinned(points: Doubles) -> Doubles:
    """(n, 2) as (at most 80, 4): step, mean, lowest and highest of neighbours."""
    parts = np.array_split(points, min(POINTS, len(points)))
    return np.array([(p[-1, 0], p[:, 1].mean(), p[:, 1].min(), p[:, 1].max()) for p in parts])


def _range(thin: Sequence[Doubles]) -> tuple[float, float]:
    """Lowest and highest value that is drawn; a curve may leave the area.

    The first steps are often many times as large as all others, and would leave these flat.
    """
    settled = np.concatenate([part[len(part) // 20 :] for part in thin])
    bottom, top = min(0.0, float(settled[:, 2].min())), float(settled[:, 3].max())
    return bottom, top if top > bottom else bottom + 1


def _round_values(bottom: float, top: float) -> Doubles:
    """Three to seven multiples of 1, 2 or 5 times a power of ten."""
    rough = (top - bottom) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.75)
    return np.arange(math.ceil(bottom / step), math.floor(top / step) + 1, dtype=np.float64) * step


def _short(step: float) -> str:
    return f"{step / 1000:g}k" if step >= 1000 else f"{step:g}"


def _points(x: Doubles, y: Doubles) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
