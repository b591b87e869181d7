"""The kinds of measurement that the benchmark of translations is made of."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.conditions import free_bytes
from benchmarks.difference import difference
from benchmarks.fresh import run
from benchmarks.muse import muse_file, sparse_file
from benchmarks.results import Results
from benchmarks.rivals import RIVALS
from cyclegan.images.region import Region

CUT_OUT = 8192
"""px, of the region of a slide"""
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
    tile: int | None
    """px of patches of ours; None: what suits the machine."""
    product: int
    """Side of the matrices whose product is the machine's peak."""

    def run(self, case: str, **options: object) -> dict[str, Any]:
        """The figures of a case in a process of its own."""
        return run(case, threads=self.threads, log=self.work / f"{case}.log", **options)

    def given(self, side: int, region: Region | None = None) -> dict[str, object]:
        """What rivals are given for an image; see `rivals.rival.Given`."""
        return {
            "models": self.work / "models",
            "statistics": self.work / f"statistics-{side}.pt",
            "device": self.device,
            "tile": self.tile,
            "region": region,
        }

    def translate(
        self, rival: str, source: Path, result: Path, side: int, region: Region | None = None
    ) -> dict[str, Any]:
        """The figures of one image through a rival."""
        result.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=self.work) as scratch:
            return self.run(
                "translate",
                rival=rival,
                given=self.given(side, region),
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
    figures = bench.run("product", device=bench.device, side=bench.product, rounds=bench.rounds)
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
                product=bench.product,
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


def cut_out(bench: Bench, cases: Sequence[str], side: int) -> None:
    """Each case once, for a region of a slide that is far larger."""
    source, region = sparse_file(bench.work, side, CUT_OUT)
    for case in cases:
        result = bench.work / f"{case}-region-{side}.tif"
        figures = bench.translate(case, source, result, side, region)
        result.unlink(missing_ok=True)
        about = {"part": "region", "case": case, "side": side, "height": region.height}
        bench.keep(figures, **about)


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
    "region": Part(cut_out, takes=OURS, cases=["identity", "colour-mapping"], sides=[100_000]),
}
