"""Draw the losses of a training run over its steps."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import click
import matplotlib.pyplot as plt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cyclegan.train import journal
from cyclegan.train.log import LOSSES


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
def main(run: Path, out: Path) -> None:
    """Write a PNG with a panel for each loss of the training in the folder RUN."""
    curves: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for record in journal.read(run / LOSSES):
        for name, value in record["losses"].items():
            curves[name].append((record["step"], value))
    columns = 3
    rows = -(-len(curves) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(9, 2.2 * rows), squeeze=False)
    for panel, (name, points) in zip(panels.flat, curves.items(), strict=False):
        panel.plot(*zip(*points, strict=True), linewidth=1)
        panel.set_title(name, fontsize=9)
        panel.tick_params(labelsize=7)
        panel.grid(alpha=0.3)
    for panel in panels.flat[len(curves) :]:
        panel.set_visible(False)
    figure.tight_layout()
    figure.savefig(out, dpi=110)


if __name__ == "__main__":
    main()
