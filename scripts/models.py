"""Model packages on the command line: import, calibrate, verify, list, make one the default."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import promotion
from app.audit import by_command, open_audit
from app.promotion import default_model, step_back
from app.settings import ServeSettings, load_settings
from cyclegan.engines.engine import Room
from cyclegan.errors import ColorMapperError, ModelError
from cyclegan.files import find_images
from cyclegan.models.card import folder_of
from cyclegan.models.catalogue import Catalogue, ModelCard
from scripts.terminal import progress

if TYPE_CHECKING:
    from cyclegan.device import DeviceName  # brings torch, which a list does not need


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
    _note(card)
    click.echo(f"imported {card.name} into {models_dir} (weights sha256 {card.sha256})")


@models.command()
@click.argument("name_or_path")
@click.argument("images", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@in_models_dir
def calibrate(
    name_or_path: str, images: tuple[Path, ...], device: DeviceName, models_dir: Path
) -> None:
    """Measure a package's statistics over IMAGES, files or folders, and keep them in it.

    The images are like those that the model will translate, and many: with these statistics a
    region looks the same in every image, and however the image is cut.
    """
    from cyclegan.models.calibrate import calibrate as calibrate_package

    card = Catalogue(models_dir).find(name_or_path)
    with tempfile.TemporaryDirectory() as scratch, progress(card.name) as watch:
        room = Room(Path(scratch))
        card = calibrate_package(card, find_images(images), device=device, room=room, watch=watch)
    _note(card)
    click.echo(f"{card.name} keeps {_statistics(card)}")


@models.command()
@click.argument("name_or_path")
@click.argument("images", nargs=-1, type=click.Path(exists=True, path_type=Path))
@in_models_dir
def colours(name_or_path: str, images: tuple[Path, ...], models_dir: Path) -> None:
    """Find out what colours a package's model was trained on, and keep that in it.

    IMAGES, files or folders, are MUSE images that it was trained on. Without them the pictures of
    its training are drawn once more, by the settings that the package keeps: run it in the folder
    in which that was started. No picture that the model makes changes by it.
    """
    from cyclegan.models.package import keep_colours
    from cyclegan.train.encounter import of_images, of_its_training

    card = Catalogue(models_dir).find(name_or_path)
    folder_of(card)
    with progress(card.name) as watch:
        found = (
            of_images(card, images, watch=watch) if images else of_its_training(card, watch=watch)
        )
    card = keep_colours(card, found)
    _note(card)
    click.echo(f"{card.name} tells what colours it knows, by {found.pictures} pictures")


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
    click.echo(f"it has {_statistics(card)}, and {_reach(card)}")
    click.echo(f"{_colours(card)}; {_way_back(card)}")


@models.command("list")
@in_models_dir
def list_models(models_dir: Path) -> None:
    """List the models that can be used, one on a line."""
    for card in Catalogue(models_dir).cards():
        click.echo(_line(card))
    click.echo(f"default: {default_model(_settings(models_dir))}")


@models.command()
@click.argument("name", required=False)
@click.option("--back", is_flag=True, help="Go back to the model that was the default before.")
@in_models_dir
def promote(name: str | None, models_dir: Path, *, back: bool) -> None:
    """Make the model NAME the default, the one that is taken where nobody chose one.

    A package is verified first. A running service takes it from the next image on; jobs that wait
    keep the model that they were sent with. Nothing but this command changes the default.
    """
    if back == (name is not None):
        raise click.UsageError("give either the NAME of a model or --back")
    settings = _settings(models_dir)
    if name is None:
        now = step_back(settings)
    else:
        _require_promotable(Catalogue(models_dir).card(name))
        now = name
        promotion.promote(settings, name)
    open_audit(load_settings(os.environ, mode="local")).write(by_command("model", f"model:{now}"))
    click.echo(f"{now} is the default now; a running service takes it from the next image on")


def _require_promotable(card: ModelCard) -> None:
    """Raise ModelError when a model is for tests, or does not answer as it should."""
    if card.hidden:
        raise ModelError(f"{card.name} is for tests; promote a model that people can choose")
    if card.folder is not None:
        from cyclegan.models.verify import verify as verify_package

        verify_package(card.folder)


def _settings(models_dir: Path) -> ServeSettings:
    """The service's settings, with the folder of models that was given."""
    settings = load_settings(os.environ, mode="local")
    return settings.model_copy(update={"models_dir": models_dir})


def _note(card: ModelCard) -> None:
    """Leave a line in the service's audit log when a package of the service was changed."""
    settings = load_settings(os.environ, mode="local")
    if card.folder is not None and card.folder.resolve().parent == settings.models.resolve():
        open_audit(settings).write(by_command("model", f"model:{card.name}"))


def _line(card: ModelCard) -> str:
    spacing = "" if card.spacing_um is None else f"{card.spacing_um:g} µm/px"
    parts = [f"{card.name:24}", f"{card.architecture or card.engine:16}", f"{spacing:12}"]
    if card.architecture:
        parts += [f"{_reach(card):14}", _statistics(card)]
    return "  ".join(parts).rstrip()


def _reach(card: ModelCard) -> str:
    return "reach unknown" if card.reach is None else f"reach {card.reach} px"


def _colours(card: ModelCard) -> str:
    if card.colours is None:
        return "it does not tell what colours it was trained on"
    return f"it tells what colours it knows, by {card.colours.pictures} pictures"


def _way_back(card: ModelCard) -> str:
    return "it has no way back" if card.reverse is None else "its way back answers as recorded, too"


def _statistics(card: ModelCard) -> str:
    if card.statistics is None:
        return "no statistics of its own"
    kept = card.statistics
    if kept.origin == "training":
        return "statistics of its training"
    images = "1 image" if len(kept.images) == 1 else f"{len(kept.images)} images"
    return (
        f"statistics of {images} ({kept.measured_megapixels:.3g} of {kept.megapixels:.3g} "
        "megapixels)"
    )


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
