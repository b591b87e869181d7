"""Measure a model on a folder of images, beside colour mapping and the inverted input."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.settings import load_settings
from cyclegan.engines.engine import Room, Stats
from cyclegan.errors import ColorMapperError, ModelError
from cyclegan.evaluate.document import to_document
from cyclegan.evaluate.evaluation import Evaluation, Evaluator
from cyclegan.evaluate.page import to_page
from cyclegan.evaluate.pairs import Pair, find_pairs, images_in
from cyclegan.evaluate.report import Report
from cyclegan.evaluate.table import to_text
from cyclegan.models.card import ModelCard
from cyclegan.models.catalogue import Catalogue
from cyclegan.models.changes import require_place_for_scores
from cyclegan.models.record import MOST_WORDS, Scores
from cyclegan.names import printable
from cyclegan.slide_stain import SlideStain
from scripts.terminal import progress, scratch_in, why

if TYPE_CHECKING:
    from cyclegan.device import DeviceName  # brings torch, which not every model needs

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.option("--model", required=True, metavar="NAME_OR_PATH", help="See scripts/models.py list.")
@click.option("--input", "inputs", required=True, type=FOLDER, help="Images to translate.")
@click.option("--truth", type=FOLDER, help="Their true H&E, named alike and of the same size.")
@click.option("--one-stain", is_flag=True, help="Redraw truths in the stain that the model paints.")
@click.option("--reference", type=FOLDER, help="Any real H&E.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="REPORT.html")
@click.option("--stats", type=click.Choice(get_args(Stats)), help="Of the norm layers.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option("--keep", metavar="WORDS", help="Put the scores on the model's card: on what images.")
def main(
    *,
    model: str,
    inputs: Path,
    truth: Path | None,
    one_stain: bool,
    reference: Path | None,
    out: Path,
    stats: Stats | None,
    device: DeviceName,
    keep: str | None,
) -> None:
    """Translate the images of a folder and measure what a model makes of them.

    The same images are translated by colour mapping and by turning them over, and measured by the
    same code. The report is a page, and a JSON file of the same name beside it. A file that cannot
    be used is named and the rest go on; the exit code is 0 only if every file was used.
    """
    if one_stain and truth is None:
        raise click.UsageError("--one-stain redraws truths; give --truth, or leave it out")
    if keep is not None and not 1 <= len(keep) <= MOST_WORDS:
        raise click.UsageError(
            f"--keep has {len(keep)} characters; say in 1 to {MOST_WORDS} what images these are"
        )
    try:
        report = Report(out)
        pairs = find_pairs(inputs, truth)
        real = images_in(reference, "--reference") if reference else []
        settings = load_settings(os.environ, mode="local")
        catalogue = Catalogue(settings.models)
        card = catalogue.find(model)
        if keep is not None:
            require_place_for_scores(card)
        engine = catalogue.engine(model, device=device, stats=stats)
        stain = stain_of_model(card) if one_stain else None
    except ColorMapperError as error:
        raise click.ClickException(why(error)) from error
    with scratch_in(out.parent) as scratch:
        room = Room(scratch, settings.scratch_bytes)
        evaluator = Evaluator(card, engine, room=room, with_truth=truth is not None, stain=stain)
        failures = look_at(real, reference, evaluator) if reference else {}
        failures |= measure(pairs, inputs, evaluator)
        if not evaluator.images:
            raise click.ClickException("no image could be used, so there is no report")
        found = evaluator.finish()
    try:
        report.write(page=to_page(found, failures), document=to_document(found, failures))
        if keep is not None:
            put_on_card(found, keep)
    except (ColorMapperError, OSError) as error:
        raise click.ClickException(f"{out}: {why(error)}") from error
    click.echo(to_text(found))
    click.echo(printable(f"{report.page}\n{report.document}"))
    if failures:
        click.echo(f"{len(failures)} files were not used", err=True)
        sys.exit(1)


def stain_of_model(card: ModelCard) -> SlideStain:
    """The one stain that a model paints; raises ModelError when its package names none."""
    stain = card.training and card.training.stain
    if not stain:
        raise ModelError(
            f"the package of {card.name} names no stain that it paints; leave out --one-stain"
        )
    return stain


def look_at(real: list[Path], folder: Path, evaluator: Evaluator) -> dict[str, str]:
    """Take the files of real H&E under a progress bar; those that cannot be used, and why."""
    failures, notes = {}, {}
    with click.progressbar(real, label="real H&E") as files:
        for path in files:
            try:
                notes[below(folder, path)] = evaluator.add_reference(path)
            except (ColorMapperError, OSError) as error:
                failures[below(folder, path)] = why(error)
    for name, reason in failures.items():
        click.echo(f"{name}: {reason}", err=True)
    for name, said in notes.items():
        tell(name, said)
    return failures


def measure(pairs: list[Pair], folder: Path, evaluator: Evaluator) -> dict[str, str]:
    """Measure the images; those that cannot be used, and why."""
    failures = {}
    for pair in pairs:
        name = below(folder, pair.input)
        try:
            with progress(pair.name) as watch:
                measured = evaluator.add(pair, watch)
        except (ColorMapperError, OSError) as error:
            failures[name] = why(error)
            click.echo(f"{name}: {why(error)}", err=True)
        else:
            tell(name, measured.notes)
    return failures


def tell(name: str, notes: tuple[str, ...]) -> None:
    """Say on stderr how a file was read."""
    for note in notes:
        click.echo(f"{name}: {note}", err=True)


def put_on_card(found: Evaluation, measured_on: str) -> None:
    """Keep the model's scores in its package, with what images they were measured on, in words."""
    from cyclegan.models.package import keep_scores  # brings torch, which not every model needs

    values = {
        key: value for key, value in found.scores[found.card.name].items() if value is not None
    }
    keep_scores(found.card, Scores(measured_on=measured_on, values=values))


def below(folder: Path, path: Path) -> str:
    """A file's name with that of the folder that it was found in, for a person."""
    return printable(path.relative_to(folder.parent).as_posix())


if __name__ == "__main__":
    main()
