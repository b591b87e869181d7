"""A picture of a run's results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import Record, Results
from benchmarks.rivals import RIVALS
from benchmarks.tables import measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Y = {
    "megapixels per second, end to end": lambda one: one["side"] ** 2 / one["seconds"] / 1e6,
    "peak memory, MiB": lambda one: one["peak_bytes"] / 2**20,
}


def draw(results: Results, path: Path) -> None:
    """Write a PNG: speed and memory against the size of the image, all axes logarithmic."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(Y), figsize=(12, 5), layout="constrained")
    for axis, (label, value) in zip(axes, Y.items(), strict=True):
        _draw(axis, results, value)
        scale = "log" if axis.has_data() else "linear"  # without data log is an error
        axis.set(xscale=scale, yscale=scale, xlabel="megapixels", ylabel=label)
        axis.grid(visible=True, which="both", alpha=0.3)
    if axes[0].has_data():
        axes[0].legend(fontsize="small")
    said = results.machine
    figure.suptitle(f"{said.get('processor')}, {said.get('threads')} threads, {said.get('date')}")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _draw(axis: Axes, results: Results, value: Callable[[Record], float]) -> None:
    """A line for each case that was scaled, a cross for each rival at each size."""
    for case in results.cases("scaling"):
        _add(axis, list(measured(results, case)), value, "o-")
    for case in results.cases("rivals"):
        records = results.of("rivals", case=case)
        _add(axis, [one for one in records if "failed" not in one], value, "x")


def _add(axis: Axes, records: list[Record], value: Callable[[Record], float], style: str) -> None:
    if records:
        sizes = [record["side"] ** 2 / 1e6 for record in records]
        title = RIVALS[records[0]["case"]].title
        axis.plot(sizes, [value(one) for one in records], style, label=title)
