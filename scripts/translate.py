"""Translate image files from the command line, without the web service."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.settings import load_settings
from cyclegan.blend import BLENDS
from cyclegan.engines.engine import Engine
from cyclegan.errors import ColorMapperError
from cyclegan.files import FilePair, pair_files, translate_file
from cyclegan.models.catalogue import Catalogue

if TYPE_CHECKING:
    from cyclegan.device import DeviceName  # brings torch, which not every model needs


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="PATH")
@click.option("--model", metavar="NAME_OR_PATH", help="See scripts/models.py list.")
@click.option("--stats", type=click.Choice(["tile"]), default="tile", help="Of the norm layers.")
@click.option("--blend", type=click.Choice(list(BLENDS)), default="average", show_default=True)
@click.option("--tile", default=512, show_default=True, help="Patch size in px with its halo.")
@click.option("--batch", type=click.IntRange(min=1), help="Patches translated at once.")
@click.option("--workers", type=click.IntRange(min=0), default=2, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
def main(
    *,
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

    options = {"model": chosen, "tile": tile, "blend": blend, "batch": batch, "workers": workers}
    written = [attempt(pair, engine, options) for pair in pairs]
    if not all(written):
        click.echo(f"{written.count(False)} of {len(pairs)} files were not translated", err=True)
        sys.exit(1)


def attempt(pair: FilePair, engine: Engine, options: dict[str, Any]) -> bool:
    """Translate one file under a progress bar; say on stderr why when it cannot be done."""
    try:
        with click.progressbar(length=1, label=pair.source.name) as bar:

            def move(done: int, total: int) -> None:
                bar.length = total
                bar.update(done - bar.pos)

            notes = translate_file(pair, engine, on_progress=move, **options)
    except ColorMapperError as error:
        click.echo(f"{pair.source}: {error}", err=True)
        return False
    except OSError as error:
        click.echo(f"{pair.source}: {error.strerror or error}", err=True)
        return False
    click.echo(pair.target)
    for note in notes:
        click.echo(f"{pair.source}: {note}", err=True)
    return True


if __name__ == "__main__":
    main()
