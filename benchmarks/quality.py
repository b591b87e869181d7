"""What it costs to look at an image and its translation, beside the translation itself.

    .venv/bin/python benchmarks/quality.py [--side 1024 --side 2048]

Images are simulated MUSE; the model is the one that comes with the program, on the processor.
Seconds are those of the processor, user and system, over all threads: what the look takes from
other work.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.assessment import WORKERS
from benchmarks.memory import peak, reset_peak
from benchmarks.muse import muse_file
from cyclegan.engines.engine import Room
from cyclegan.images import create_image, open_image
from cyclegan.inputs import restored
from cyclegan.models.bundled import TRAINED
from cyclegan.models.catalogue import Catalogue
from cyclegan.models.colours import load_colours
from cyclegan.quality.judge import judge
from cyclegan.quality.survey import survey
from cyclegan.translate import prepare, translate


def cost(work: Callable[[], object]) -> float:
    """Seconds of the processor that something takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measure(folder: Path, side: int) -> str:
    """The row of a table for an image of `side` x `side` px."""
    catalogue = Catalogue(folder / "none")
    card, source, made = catalogue.card(TRAINED), muse_file(folder, side), folder / f"{side}.tif"
    engine = catalogue.engine(TRAINED, device="cpu")
    with open_image(source, scratch=folder, spacing_um=card.spacing_um) as image:
        with prepare(image, engine, room=Room(folder)) as plan:
            height, width = image.info.height, image.info.width
            with create_image(made, kind="tiff", height=height, width=width) as writer:
                translation = cost(partial(translate, image, writer, plan))
            view = restored(plan.provenance()["view"])  # type: ignore[arg-type]
        first = cost(partial(judge, image))
        strange = partial(load_colours(card).strange, view=view)
        with open_image(made, scratch=folder) as result:
            look = partial(survey, image, result, strange=strange, workers=WORKERS)
            before = reset_peak()
            whole = cost(look)
            more = peak() - before
    share = f"{whole / translation:.0%}"
    return (
        f"| {side} x {side} | {translation:.2f} | {first:.2f} | {whole:.2f} | {share} | "
        f"{more / 2**20:.0f} |"
    )


@click.command(help=__doc__)
@click.option("--side", "sides", type=int, multiple=True, default=(1024, 2048, 4096))
def main(sides: tuple[int, ...]) -> None:
    """Print a table."""
    print("| px | translation, s | first look, s | whole look, s | of the translation | MiB |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for side in sides:
            print(measure(Path(folder), side), flush=True)


if __name__ == "__main__":
    main()
