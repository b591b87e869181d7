"""Our translations beside those of others: time, memory, and error to the whole-image forward.

    .venv/bin/python benchmarks/translation.py

prints Markdown tables and leaves a JSON file of raw figures with a plot beside it. What is measured
and how to read it is in README.md beside this file.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Set
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.conditions import machine
from benchmarks.fresh import run
from benchmarks.parts import PARTS, PLAIN, Bench
from benchmarks.plots import draw
from benchmarks.results import Results, read_results
from benchmarks.rivals import RIVALS
from benchmarks.tables import report


@click.command()
@click.option("--part", "parts", type=click.Choice(list(PARTS)), multiple=True)
@click.option("--case", "cases", type=click.Choice(list(RIVALS)), multiple=True)
@click.option("--side", "sides", type=click.IntRange(min=1), multiple=True, help="Of images, px.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=len(os.sched_getaffinity(0)))
@click.option("--tile", type=int, help="Of ours, px with the halo; else what suits the machine.")
@click.option("--product", default=4096, show_default=True, help="Side of the matrices.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/benchmarks"))
@click.option("--from", "kept", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(
    *,
    parts: tuple[str, ...],
    cases: tuple[str, ...],
    sides: tuple[int, ...],
    rounds: int,
    threads: int,
    tile: int | None,
    product: int,
    device: str,
    work: Path,
    kept: Path | None,
) -> None:
    """Measure and print tables; with --from only print those of an earlier run's JSON file.

    Without options, the rivals and the inside of the network at 2048 x 2048 px: about ten minutes
    on four cores. Cases and sides that are not named are those that suit each part.
    """
    if kept is None:
        chosen = {name: PARTS[name].chosen(cases) for name in parts or ("rivals", "inside")}
        work.mkdir(parents=True, exist_ok=True)
        work = work.resolve()  # the measured processes have a folder of their own
        needed = {case for names in chosen.values() for case in names}
        device = made(work / "models", needed, device=device, threads=threads)
        about = {**machine(), "threads": threads, "device": device}
        kept = work / time.strftime("%Y-%m-%d-%H%M%S.json")
        bench = Bench(Results(about, path=kept), work, device, threads, rounds, tile, product)
        for name, names in chosen.items():
            for side in sides or PARTS[name].sides:
                PARTS[name].measure(bench, names, side)
        click.echo(f"{kept}\n", err=True)
    results = read_results(kept)
    click.echo(report(results))
    draw(results, kept.with_suffix(".png"))


def made(models: Path, needed: Set[str], *, device: str, threads: int) -> str:
    """Make the package that the cases need, anew; the device that they get."""
    if needed <= PLAIN:
        return "cpu"
    log = models.with_name("package.log")
    figures = run(
        "package",
        threads=threads,
        log=log,
        models=models,
        device=device,
        calibrated="model" in needed,
    )
    if "failed" in figures:
        raise click.ClickException(f"the model cannot be made: {figures['failed']}; see {log}")
    return str(figures["device"])


if __name__ == "__main__":
    main()
