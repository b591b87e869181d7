#!/usr/bin/env python3
"""Make a MUSE-like image, from an H&E image or from made-up tissue."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import click

from cyclegan.errors import ColorMapperError
from cyclegan.images import create_image, open_image
from cyclegan.muse import MuseSpec
from cyclegan.phantom import SPACING_UM, grow
from cyclegan.simulate import Simulation, expose, simulate


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


@click.command()
@click.argument("source", metavar="[INPUT]", required=False, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="PNG to write.")
@click.option("--seed", default=0, help="Another seed gives other noise (and other tissue).")
@click.option("--phantom", type=Size(), help="Make up tissue of this size instead of an INPUT.")
def main(source: Path | None, out: Path, seed: int, phantom: tuple[int, int] | None) -> None:
    """Make a MUSE-like PNG from INPUT, an H&E image file, or from made-up tissue (--phantom)."""
    spec = replace(MuseSpec(), seed=seed)
    try:
        if source is not None and phantom is None:
            made, spacing_um = _from_file(source, spec)
        elif phantom is not None and source is None:
            made, spacing_um = _from_phantom(phantom, spec)
        else:
            raise click.UsageError("give either an INPUT file or --phantom HEIGHTxWIDTH")
        _write(made, out, spacing_um)
    except ColorMapperError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or out}: {error.strerror}") from error


def _from_file(source: Path, spec: MuseSpec) -> tuple[Simulation, float | None]:
    with open_image(source) as reader:
        info = reader.info
        return simulate(reader.read(0, 0, info.height, info.width), spec), info.spacing_um


def _from_phantom(size: tuple[int, int], spec: MuseSpec) -> tuple[Simulation, float | None]:
    tissue = grow(*size, seed=spec.seed)
    return expose(tissue.nuclear, tissue.counterstain, spec), SPACING_UM


def _write(made: Simulation, out: Path, spacing_um: float | None) -> None:
    height, width = made.muse.shape[:2]
    note = "Simulated MUSE image; not a real specimen"
    with create_image(
        out, kind="png", height=height, width=width, spacing_um=spacing_um, description=note
    ) as writer:
        writer.write(made.muse)


if __name__ == "__main__":
    main()
