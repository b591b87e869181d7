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
        axis.set(xscale="log", yscale="log", xlabel="megapixels", ylabel=label)
        axis.grid(visible=True, which="both", alpha=0.3)
    axes[0].legend(fontsize="small")
    said = results.machine
    figure.suptitle(f"{said.get('processor')}, {said.get('threads')} threads, {said.get('date')}")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _draw(axis: Axes, results: Results, value: Callable[[Record], float]) -> None:
    """A line for each case that was scaled, a cross for each rival at each size."""
    for case in results.cases("scaling"):
        records = list(measured(results, case))
        sizes = [record["side"] ** 2 / 1e6 for record in records]
        axis.plot(sizes, [value(one) for one in records], "o-", label=RIVALS[case].title)
    for case in results.cases("rivals"):
        records = [one for one in results.of("rivals", case=case) if "failed" not in one]
        sizes = [record["side"] ** 2 / 1e6 for record in records]
        axis.plot(sizes, [value(one) for one in records], "x", label=RIVALS[case].title)
