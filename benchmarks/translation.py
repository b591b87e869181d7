"""Our translations beside those of others: time, memory, and error to the whole-image forward.

    .venv/bin/python benchmarks/translation.py

prints Markdown tables and leaves a JSON file of raw figures with a plot beside it. What is measured
and how to read it is in README.md beside this file.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.conditions import free_bytes, machine
from benchmarks.difference import difference
from benchmarks.fresh import run
from benchmarks.muse import muse_file
from benchmarks.plots import draw
from benchmarks.results import Results, read_results
from benchmarks.rivals import RIVALS
from benchmarks.tables import report

WHOLE_BYTES = 1600
"""Bytes per px that plain torch holds at once for a whole image (about 1.5 GiB per megapixel)."""


@dataclass(frozen=True)
class Bench:
    """What the parts of a run share."""

    results: Results
    work: Path
    """Models, images, their translations and scratch files."""
    device: str
    threads: int
    rounds: int

    def run(self, case: str, **options: object) -> dict[str, Any]:
        """The figures of a case in a process of its own."""
        return run(case, threads=self.threads, log=self.work / f"{case}.log", **options)

    def given(self, side: int) -> dict[str, object]:
        """What rivals are given for an image; see `rivals.rival.Given`."""
        statistics = self.work / f"statistics-{side}.pt"
        return {
            "models": str(self.work / "models"),
            "statistics": str(statistics),
            "device": self.device,
        }

    def translate(self, rival: str, source: Path, result: Path, side: int) -> dict[str, Any]:
        """The figures of one image through a rival."""
        result.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=self.work) as scratch:
            return self.run(
                "translate",
                rival=rival,
                given=self.given(side),
                source=source,
                result=result,
                scratch=scratch,
            )

    def keep(self, figures: dict[str, Any], **about: object) -> None:
        """Add a record to the results and say so."""
        self.results.add({**about, **figures})
        said = figures.get("failed") or f"{figures.get('seconds', '')}"
        click.echo(" ".join(f"{value}" for value in [*about.values(), said]), err=True)


def compare(bench: Bench, cases: Sequence[str], side: int) -> None:
    """Every rival once per round; the error of each after the first."""
    source, reference = muse_file(bench.work, side), bench.work / f"whole-{side}.png"
    lacking = make_reference(bench, source, reference, side)
    chosen = [case for case in cases if not (lacking and RIVALS[case].whole)]
    for case in set(cases) - set(chosen):
        bench.keep({"failed": lacking}, part="rivals", case=case, side=side)
    for number in range(bench.rounds):
        measure_product(bench)
        for case in list(chosen):
            result = bench.work / f"{case}-{side}.png"
            figures = bench.translate(case, source, result, side)
            bench.keep(figures, part="rivals", case=case, side=side, round=number)
            if "failed" in figures:
                chosen.remove(case)
            elif number == 0 and not lacking:
                apart = difference(result, reference)
                bench.keep(apart, part="difference", case=case, side=side)


def make_reference(bench: Bench, source: Path, result: Path, side: int) -> str | None:
    """Translate the image as a whole; why that cannot be done, or None."""
    wanted, free = WHOLE_BYTES * side**2, free_bytes()
    if wanted > free:
        return f"needs {wanted / 2**30:.0f} GiB of memory of which {free / 2**30:.0f} are free"
    given = bench.given(side)
    figures = bench.run(
        "reference",
        models=given["models"],
        image=source,
        result=result,
        statistics=given["statistics"],
    )
    return figures.get("failed")


def measure_product(bench: Bench) -> None:
    """What the machine can do at most just now."""
    figures = bench.run("product", device=bench.device, rounds=3)
    bench.keep(figures, part="product", case="product", side=0)


def look_inside(bench: Bench, cases: Sequence[str], side: int) -> None:
    """The network alone, for each kind of statistics of ours."""
    source = muse_file(bench.work, side)
    for stats in cases:
        with tempfile.TemporaryDirectory(dir=bench.work) as scratch:
            figures = bench.run(
                "inside",
                given=bench.given(side),
                stats=stats,
                source=source,
                scratch=scratch,
                rounds=bench.rounds,
            )
        bench.keep(figures, part="inside", case=stats, side=side)


def scale(bench: Bench, cases: Sequence[str], side: int) -> None:
    """Each case once, from a pyramid to a pyramid, as slides are."""
    source = muse_file(bench.work, side, "tif")
    for case in cases:
        result = bench.work / f"{case}-{side}.tif"
        figures = bench.translate(case, source, result, side)
        result.unlink(missing_ok=True)
        bench.keep(figures, part="scaling", case=case, side=side)


@dataclass(frozen=True)
class Part:
    """One kind of measurement."""

    measure: Callable[[Bench, Sequence[str], int], None]
    takes: frozenset[str]
    """The cases that it can measure."""
    cases: Sequence[str]
    """Those that it measures unless others are named."""
    sides: Sequence[int]
    """px, of the images unless others are named."""

    def chosen(self, cases: Sequence[str]) -> list[str]:
        """The cases to measure out of those that were named."""
        return [case for case in cases or self.cases if case in self.takes]


OURS = frozenset(name for name, entry in RIVALS.items() if entry.ours)
PLAIN = frozenset({"colour-mapping", "identity"})
"""Ours without a network."""
PARTS = {
    "rivals": Part(
        compare,
        takes=frozenset(RIVALS),
        cases=[name for name in RIVALS if name not in PLAIN],
        sides=[2048],
    ),
    "inside": Part(look_inside, takes=OURS - PLAIN, cases=["exact", "model", "tile"], sides=[2048]),
    "scaling": Part(
        scale,
        takes=OURS,
        cases=["exact", "sampled", "model", "colour-mapping", "identity"],
        sides=[1000, 2000, 4000, 8000, 10000],
    ),
}


@click.command()
@click.option("--part", "parts", type=click.Choice(list(PARTS)), multiple=True)
@click.option("--case", "cases", type=click.Choice(list(RIVALS)), multiple=True)
@click.option("--side", "sides", type=click.IntRange(min=1), multiple=True, help="Of images, px.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=len(os.sched_getaffinity(0)))
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
    device: str,
    work: Path,
    kept: Path | None,
) -> None:
    """Measure and print tables; with --from only print those of an earlier run's JSON file.

    Without options, the rivals and the inside of the network at 2048 x 2048 px: about ten minutes
    on four cores. Cases and sides that are not named are those that suit each part.
    """
    if kept is None:
        work.mkdir(parents=True, exist_ok=True)
        kept = (work / time.strftime("%Y-%m-%d-%H%M%S.json")).resolve()
        chosen = [PARTS[name] for name in parts or ("rivals", "inside")]
        needed = {case for part in chosen for case in part.chosen(cases)}
        bench = opened(kept, device=device, threads=threads, rounds=rounds, needed=needed)
        for part in chosen:
            for side in sides or part.sides:
                part.measure(bench, part.chosen(cases), side)
        click.echo(f"{kept}\n", err=True)
    results = read_results(kept)
    click.echo(report(results))
    draw(results, kept.with_suffix(".png"))


def opened(path: Path, *, device: str, threads: int, rounds: int, needed: Set[str]) -> Bench:
    """A bench whose results go to a file, with the package that the cases need, made anew."""
    work, log = path.parent, path.parent / "package.log"
    figures = {"device": "cpu"}
    if needed - PLAIN:
        figures = run(
            "package",
            threads=threads,
            log=log,
            models=work / "models",
            device=device,
            calibrated="model" in needed,
        )
    if "failed" in figures:
        raise click.ClickException(f"the model cannot be made: {figures['failed']}; see {log}")
    about = {**machine(), "threads": threads, **figures}
    return Bench(Results(about, path=path), work, figures["device"], threads, rounds)


if __name__ == "__main__":
    main()
