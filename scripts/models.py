"""Model packages on the command line: import a checkpoint, verify a package, list what there is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.settings import load_settings
from cyclegan.errors import ColorMapperError, ModelError
from cyclegan.models.catalogue import Catalogue, ModelCard


def _models_dir(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path:
    return value or load_settings(os.environ, mode="local").models


in_models_dir = click.option(
    "--models-dir",
    type=click.Path(path_type=Path, file_okay=False),
    callback=_models_dir,
    help="Folder of model packages; by default the one that the service uses.",
)


@click.group(help=__doc__)
def models() -> None:
    """Group the commands."""


@models.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--architecture", required=True, help="ganilla or resnet_9blocks.")
@click.option("--name", required=True, help="How the model will be asked for.")
@click.option("--spacing-um", type=float, help="µm per pixel that the model was trained at.")
@in_models_dir
def import_model(
    file: Path, architecture: str, name: str, spacing_um: float | None, models_dir: Path
) -> None:
    """Make a package of FILE, a latest_net_G_A.pth of CycleGAN or GANILLA."""
    from cyclegan.models.checkpoint import import_checkpoint

    card = import_checkpoint(
        file, architecture=architecture, name=name, folder=models_dir, spacing_um=spacing_um
    )
    click.echo(f"imported {card.name} into {models_dir} (weights sha256 {card.sha256})")


@models.command()
@click.argument("name_or_path")
@in_models_dir
def verify(name_or_path: str, models_dir: Path) -> None:
    """Run the test image of a package, given by its name or its folder, and compare."""
    from cyclegan.models.verify import verify as verify_package

    card = Catalogue(models_dir).find(name_or_path)
    if card.folder is None:
        raise ModelError(f"{card.name} is part of the program; only packages can be verified")
    difference = verify_package(card.folder)
    click.echo(f"{card.name} answers as recorded, to {difference:.2f} grey levels")


@models.command("list")
@in_models_dir
def list_models(models_dir: Path) -> None:
    """List the models that can be used, one on a line."""
    for card in Catalogue(models_dir).cards():
        click.echo(_line(card))


def _line(card: ModelCard) -> str:
    spacing = "" if card.spacing_um is None else f"{card.spacing_um:g} µm/px"
    return "  ".join(
        (f"{card.name:24}", f"{card.architecture or card.engine:16}", spacing)
    ).rstrip()


def main() -> None:
    """Run the command; a fault is one line on stderr and exit code 1."""
    try:
        models()
    except ColorMapperError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: the models folder cannot be used: {error.strerror}")


if __name__ == "__main__":
    main()
