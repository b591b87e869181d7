"""What is measured in a process of its own; `fresh` starts it, for each case and round anew.

    python -m benchmarks.case NAME PIPE '{"threads": 4, ...}'

runs one of `CASES` and writes to the file descriptor PIPE: a line when the measured part begins,
and a line of JSON with its figures when it has ended.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from benchmarks.conditions import hold_to
from benchmarks.memory import peak, reset_peak
from benchmarks.rivals import RIVALS
from benchmarks.rivals.rival import Given

if TYPE_CHECKING:
    from cyclegan.device import DeviceName

BEGINS = "measured from here"

Figures = dict[str, Any]


def translate(
    begin: Callable[[], None], *, rival: str, given: dict[str, Any], **files: str
) -> Figures:
    """One image from file to file: wall and processor seconds, and memory."""
    began = time.perf_counter()
    way = RIVALS[rival].open(Given.of(given))
    load_s = time.perf_counter() - began
    with tempfile.TemporaryDirectory(dir=files["scratch"]) as scratch:
        before = reset_peak()
        begin()
        cpu, began = cpu_seconds(), time.perf_counter()
        inference = way.translate(Path(files["source"]), Path(files["result"]), Path(scratch))
        seconds = time.perf_counter() - began
        return {
            "load_s": load_s,
            "seconds": seconds,
            "cpu_s": cpu_seconds() - cpu,
            "inference_s": inference.seconds,
            "inference_pixels": inference.pixels,
            "before_bytes": before,
            "peak_bytes": peak(),
            **card_memory(given["device"]),
        }


def product(begin: Callable[[], None], *, device: str, side: int, rounds: int) -> Figures:
    """What the machine can do at most."""
    import torch

    from benchmarks.peak import copied_bytes, product_flops

    begin()
    figures: Figures = {"flops": product_flops(torch.device(device), rounds, side)}
    if device == "cuda":
        figures["copied_bytes"] = copied_bytes(torch.device(device), rounds)
        figures["card"] = torch.cuda.get_device_name()
    return figures


def package(_begin: Callable[[], None], *, models: str, device: str, calibrated: bool) -> Figures:
    """Make the package that all rivals use, and say which device is used."""
    from benchmarks.checkpoints import calibrate, import_random_ganilla
    from cyclegan.device import choose_device

    shutil.rmtree(models, ignore_errors=True)
    import_random_ganilla(Path(models))
    if calibrated:
        calibrate(Path(models))
    return {"device": choose_device(cast("DeviceName", device)).type}


def reference(_begin: Callable[[], None], **files: str) -> Figures:
    """The result and the statistics of the whole image; nothing is measured."""
    from benchmarks.reference import write_reference

    write_reference(**{name: Path(file) for name, file in files.items()})
    return {}


def inside(
    begin: Callable[[], None],
    *,
    given: dict[str, Any],
    source: str,
    scratch: str,
    **options: Any,  # noqa: ANN401 - handed on
) -> Figures:
    """The network alone, on pixels in memory; see `benchmarks.inside`."""
    from benchmarks.inside import measure

    return measure(
        begin, given=Given.of(given), source=Path(source), scratch=Path(scratch), **options
    )


CASES: dict[str, Callable[..., Figures]] = {
    "package": package,
    "translate": translate,
    "product": product,
    "reference": reference,
    "inside": inside,
}


def cpu_seconds() -> float:
    """User and system time so far of this process and of those it has started and seen end."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def card_memory(device: str) -> Figures:
    """The most that torch held on a card, in bytes."""
    if device != "cuda":
        return {}
    import torch

    return {"card_bytes": torch.cuda.max_memory_allocated()}


def main(name: str, pipe: int, threads: int, options: dict[str, Any]) -> None:
    """Run a case and report it."""
    hold_to(threads)
    with os.fdopen(pipe, "w", encoding="utf-8") as report:

        def begin() -> None:
            print(BEGINS, file=report, flush=True)

        print(json.dumps(CASES[name](begin, **options)), file=report)


if __name__ == "__main__":
    given = json.loads(sys.argv[3])
    main(sys.argv[1], int(sys.argv[2]), given.pop("threads"), given)
