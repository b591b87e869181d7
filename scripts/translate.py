"""Translate image files from the command line, without the web service."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.promotion import default_model
from app.settings import load_settings
from cyclegan.blend import BLENDS
from cyclegan.engines.engine import Room, Stats
from cyclegan.errors import ColorMapperError
from cyclegan.files import FilePair, Options, kind_of, pair_files, translate_file
from cyclegan.images.region import Region
from cyclegan.images.writing import COMPRESSIONS
from cyclegan.models.catalogue import Catalogue
from cyclegan.names import printable
from scripts.terminal import progress, scratch_in, why

if TYPE_CHECKING:
    from cyclegan.device import DeviceName  # brings torch, which not every model needs


def to_region(_: click.Context, __: click.Parameter, value: str | None) -> Region | None:
    """The region that was typed as Y,X,HEIGHT,WIDTH."""
    if value is None:
        return None
    try:
        return Region(*map(int, value.split(",")))
    except (ValueError, TypeError) as error:
        raise click.BadParameter(f"{value!r} is not four numbers, as 0,1024,512,512") from error


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="PATH")
@click.option("--model", metavar="NAME_OR_PATH", help="See scripts/models.py list.")
@click.option("--stats", type=click.Choice(get_args(Stats)), help="Of the norm layers.")
@click.option("--blend", type=click.Choice(list(BLENDS)), help="Of overlapping patches.")
@click.option("--tile", type=int, help="Patch size in px with its halo.")
@click.option("--batch", type=click.IntRange(min=1), help="Patches translated at once.")
@click.option("--workers", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option("--region", callback=to_region, metavar="Y,X,HEIGHT,WIDTH", help="Only this, in px.")
@click.option("--mpp", type=float, help="µm per pixel of the inputs, in place of what they say.")
@click.option("--compression", type=click.Choice(list(COMPRESSIONS["tiff"])), help="Of TIFF.")
@click.option("--skip-blank", is_flag=True, help="Leave white what holds no tissue.")
def main(
    *,
    inputs: tuple[Path, ...],
    out: Path,
    model: str | None,
    stats: Stats | None,
    blend: str | None,
    tile: int | None,
    batch: int | None,
    workers: int,
    device: DeviceName,
    region: Region | None,
    mpp: float | None,
    compression: str | None,
    skip_blank: bool,
) -> None:
    """Translate INPUTS, files or folders with all their images, into virtual H&E.

    PATH is a file for a single input, written as its name ends: .tif, .ome.tif, .ome.zarr or .png.
    Otherwise it is a folder, in which NAME.png becomes NAME-he.tif. Whatever is not given suits the
    model, the image and the machine. A file that cannot be translated is named and the rest go on;
    the exit code is 0 only if every input was written.
    """
    options = Options(
        tile=tile,
        blend=blend,
        batch=batch,
        workers=workers,
        region=region,
        mpp=mpp,
        compression=compression,
        skip_blank=skip_blank,
    )
    try:
        settings = load_settings(os.environ, mode="local")
        catalogue = Catalogue(settings.models)
        name = model or default_model(settings)
        card = catalogue.find(name)
        engine = catalogue.engine(name, device=device, stats=stats)
        pairs = pair_files(inputs, out)
    except ColorMapperError as error:
        raise click.ClickException(why(error)) from error

    with scratch_in(out.parent if kind_of(out.name) else out) as folder:
        room = Room(folder, settings.scratch_bytes)
        translation = partial(translate_file, engine=engine, card=card, room=room, options=options)
        written = [attempt(pair, translation) for pair in pairs]
    if not all(written):
        click.echo(f"{written.count(False)} of {len(pairs)} files were not translated", err=True)
        sys.exit(1)


def attempt(pair: FilePair, translation: partial[tuple[str, ...]]) -> bool:
    """Translate one file under a progress bar; say on stderr why when it cannot be done."""
    try:
        with progress(pair.source.name) as watch:
            notes = translation(pair, watch=watch)
    except (ColorMapperError, OSError) as error:
        click.echo(f"{printable(str(pair.source))}: {why(error)}", err=True)
        return False
    click.echo(printable(str(pair.target)))
    for note in notes:
        click.echo(f"{printable(str(pair.source))}: {note}", err=True)
    return True


if __name__ == "__main__":
    main()
