#!/usr/bin/env python3
"""Make MUSE-like images, from H&E images or from made-up tissue."""

from __future__ import annotations

import sys
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import click
import numpy as np

from cyclegan.errors import ColorMapperError, SettingsError
from cyclegan.files import find_images, without_suffix
from cyclegan.images import create_image, open_image
from cyclegan.images.image import Pixels
from cyclegan.images.spacing import require_plausible
from cyclegan.muse import MuseSpec
from cyclegan.names import printable
from cyclegan.phantom import SPACING_UM, grow
from cyclegan.rigs import draw_rig
from cyclegan.simulate import expose, on_slide, simulate
from scripts.terminal import why

NATURAL = click.IntRange(min=0)
PHANTOM = "phantom"
"""Name of made-up tissue in a folder."""
NO_MEMORY = "there is not enough memory, of which each pixel takes 75 bytes; make the image smaller"


class Size(click.ParamType[tuple[int, int]]):
    """HEIGHTxWIDTH in px."""

    name = "HEIGHTxWIDTH"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """The height and width of a text such as 1024x1280."""
        sides = value.split("x")
        if len(sides) != 2 or not all(side.isdecimal() and int(side) > 0 for side in sides):
            self.fail(f"{value!r} is not HEIGHTxWIDTH, such as 1024x1280", param, ctx)
        return int(sides[0]), int(sides[1])


def to_spacing(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    """The µm per pixel that were typed."""
    try:
        return None if value is None else require_plausible(value)
    except SettingsError as error:
        raise click.BadParameter(str(error)) from error


class Work(NamedTuple):
    """What is made of every image, and where it goes."""

    out: Path
    """A PNG, or a folder for PNGs."""
    truth: Path | None
    seed: int
    rig: int | None
    mpp: float | None

    def target(self, name: str) -> Path:
        """Where the image of such a name goes."""
        return self.out if is_png(self.out) else self.out / f"{name}.png"

    def truth_of(self, name: str) -> Path | None:
        """Where its H&E goes: under the same name."""
        return self.truth and self.truth / self.target(name).name

    def spec(self, name: str) -> MuseSpec:
        """The microscope for it: what is random depends on its name and not on other images."""
        if self.rig is None:
            return replace(MuseSpec(), seed=self.seed)
        named = zlib.crc32(name.encode("utf-8", "surrogateescape"))
        return draw_rig(np.random.default_rng((self.rig, self.seed, named)))


@click.command()
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="PATH")
@click.option("--truth", type=click.Path(path_type=Path), metavar="FOLDER", help="For their H&E.")
@click.option("--seed", type=NATURAL, default=0, help="Another gives other noise, other tissue.")
@click.option("--rig", type=NATURAL, metavar="SEED", help="A random microscope for each image.")
@click.option(
    "--mpp",
    type=float,
    callback=to_spacing,
    help="µm per pixel of the inputs, in place of what they say.",
)
@click.option("--phantom", type=Size(), help="Make up tissue of this size instead of INPUTS.")
def main(
    *,
    inputs: tuple[Path, ...],
    out: Path,
    truth: Path | None,
    seed: int,
    rig: int | None,
    mpp: float | None,
    phantom: tuple[int, int] | None,
) -> None:
    """Make MUSE-like PNGs from INPUTS, H&E images and folders of them, or from made-up tissue.

    PATH is a PNG for a single image, and otherwise a folder, in which NAME.svs becomes NAME.png.
    With --truth the H&E goes into another folder under the same name, as scripts/evaluate.py wants
    it. A file that cannot be used is named and the rest go on; the exit code is 0 only if all
    images were made.
    """
    if bool(inputs) == bool(phantom):
        raise click.UsageError("give either INPUTS or --phantom HEIGHTxWIDTH")
    work = Work(out, truth, seed, rig, mpp)
    sources = [] if phantom else find_sources(inputs, work)
    if phantom:
        from_phantom(phantom, work)
    failed = [source for source in sources if not attempt(source, work)]
    if failed:
        click.echo(f"{len(failed)} of {len(sources)} images were not made", err=True)
        sys.exit(1)


def find_sources(inputs: tuple[Path, ...], work: Work) -> list[Path]:
    """The images of files and folders, which all find a place of their own."""
    for path in inputs:
        if not path.exists():
            raise click.ClickException(f"{printable(str(path))}: there is no such file or folder")
    try:
        sources = find_images(inputs)
    except SettingsError as error:
        raise click.ClickException(why(error)) from error
    if not sources:
        raise click.ClickException("there is no image in the folders given")
    if is_png(work.out) and len(sources) > 1:
        raise click.UsageError(f"{len(sources)} images do not fit into one file; name a folder")
    names = [without_suffix(source).name for source in sources]
    for name, count in Counter(names).items():
        if count > 1:
            named = printable(name)
            raise click.UsageError(f"{count} images are named {named}; give them one by one")
    check_places(sources, names, work)
    return sources


def check_places(sources: list[Path], names: list[str], work: Work) -> None:
    """Refuse what would write one file over another; of the inputs, several may be one by links."""
    made = [*map(work.target, names), *filter(None, map(work.truth_of, names))]
    places = [*{path.resolve() for path in sources}, *(path.resolve() for path in made)]
    for place, count in Counter(places).items():
        if count > 1:
            named = printable(place.name)
            raise click.UsageError(f"{named} would be written over; name another folder")


def attempt(source: Path, work: Work) -> bool:
    """Make the image of one file; say on stderr why when it cannot be done."""
    name = without_suffix(source).name
    try:
        with open_image(source) as reader:
            info = reader.info
            he = reader.read(0, 0, info.height, info.width)
        made = simulate(he, on_slide(work.spec(name), he))
        write(name, work, made.muse, he, info.spacing_um)
    except (ColorMapperError, OSError) as error:
        fault = why(error)
    except MemoryError:
        fault = NO_MEMORY
    else:
        return True
    click.echo(f"{printable(str(source))}: {fault}", err=True)
    return False


def from_phantom(size: tuple[int, int], work: Work) -> None:
    """Make the image of made-up tissue."""
    check_places([], [PHANTOM], work)
    try:
        tissue = grow(*size, seed=work.seed)
        made = expose(tissue.nuclear, tissue.counterstain, work.spec(PHANTOM))
        write(PHANTOM, work, made.muse, made.he, SPACING_UM)
    except (ColorMapperError, OSError) as error:
        raise click.ClickException(f"{printable(str(work.out))}: {why(error)}") from error
    except MemoryError as error:
        raise click.ClickException(f"{printable(str(work.out))}: {NO_MEMORY}") from error


def write(name: str, work: Work, muse: Pixels, he: Pixels, spacing_um: float | None) -> None:
    """Write an image, and its H&E where that is wanted."""
    target, truth = work.target(name), work.truth_of(name)
    # Both before the first is written: none is left without the other for want of a folder.
    for folder in filter(None, (target.parent, truth and truth.parent)):
        make_folder(folder)
    for path, pixels, note in (
        (target, muse, "Simulated MUSE image; not a real specimen"),
        (truth, he, "H&E that a simulated MUSE image shows"),
    ):
        if path is not None:
            height, width = pixels.shape[:2]
            with create_image(
                path,
                kind="png",
                height=height,
                width=width,
                spacing_um=work.mpp or spacing_um,
                description=note,
            ) as writer:
                writer.write(pixels)
            click.echo(printable(str(path)))


def make_folder(folder: Path) -> None:
    """Make a folder where there is none; raises SettingsError that names it when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"the folder {folder} cannot be made: {error.strerror}; name another"
        ) from error


def is_png(path: Path) -> bool:
    """Whether a path names a PNG rather than a folder."""
    return path.suffix.lower() == ".png"


if __name__ == "__main__":
    main()
