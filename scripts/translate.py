"""Translate image files from the command line, without the web service."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import click
from click._termui_impl import ProgressBar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.settings import load_settings
from cyclegan.blend import BLENDS
from cyclegan.device import DeviceName
from cyclegan.errors import ColorMapperError
from cyclegan.files import pair_files, translate_file
from cyclegan.models.catalogue import Catalogue


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="PATH")
@click.option("--model", metavar="NAME_OR_PATH", help="See scripts/models.py list.")
@click.option(
    "--stats", type=click.Choice(["tile"]), default="tile", help="Norm statistics of a patch."
)
@click.option("--blend", type=click.Choice(list(BLENDS)), default="average", show_default=True)
@click.option("--tile", default=512, show_default=True, help="Patch size in px with its halo.")
@click.option("--batch", type=click.IntRange(min=1), help="Patches translated at once.")
@click.option("--workers", type=click.IntRange(min=0), default=2, show_default=True)
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True
)
def main(
    inputs: tuple[Path, ...],
    out: Path,
    model: str | None,
    stats: str,  # noqa: ARG001 - there is one kind so far, and it is what the engines do
    blend: str,
    tile: int,
    batch: int | None,
    workers: int,
    device: DeviceName,
) -> None:
    """Translate INPUTS, files or folders with all their images, into virtual H&E.

    PATH is a .tif or .png file for a single input file, else a folder in which NAME.png becomes
    NAME-he.tif. A file that cannot be translated is named and the rest go on; the exit code is 0
    only if every input was written.
    """
    try:
        settings = load_settings(os.environ, mode="local")
        chosen = model or settings.default_model
        engine = Catalogue(settings.models).engine(chosen, device=device)
        pairs = pair_files(inputs, out)
    except ColorMapperError as error:
        raise click.ClickException(str(error)) from error

    failed = 0
    for pair in pairs:
        try:
            with click.progressbar(length=1, label=pair.source.name) as bar:
                notes = translate_file(
                    pair,
                    engine,
                    model=chosen,
                    tile=tile,
                    blend=blend,
                    batch=batch,
                    workers=workers,
                    on_progress=partial(show, bar),
                )
        except ColorMapperError as error:
            failed += 1
            click.echo(f"{pair.source}: {error}", err=True)
        except OSError as error:
            failed += 1
            click.echo(f"{pair.source}: {error.strerror or error}", err=True)
        else:
            click.echo(pair.target)
            for note in notes:
                click.echo(f"{pair.source}: {note}", err=True)
    if failed:
        click.echo(f"{failed} of {len(pairs)} files could not be translated", err=True)
        sys.exit(1)


def show(bar: ProgressBar[int], done: int, total: int) -> None:
    """Move the bar to where the translation is."""
    bar.length = total
    bar.update(done - bar.pos)


if __name__ == "__main__":
    main()
