"""Make a retraining set of the images whose results people have accepted."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import click
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.collection import (
    HELD_OUT,
    TRAINING,
    Collected,
    Wanted,
    collect,
    replace,
    require_replaceable,
)
from app.database import DatabaseUnavailable
from app.migrations import migrate
from app.promotion import default_model
from app.services import open_services
from app.settings import ServeSettings, load_settings
from app.stores.store import NotStored, StoreUnavailable
from cyclegan.errors import ColorMapperError, SettingsError
from cyclegan.models.card import ModelCard
from cyclegan.models.catalogue import Catalogue
from cyclegan.train.retrain import require_base, retraining
from cyclegan.train.settings import TrainSettings, read_settings
from cyclegan.train.sources import Source
from scripts.terminal import why

CONFIG = "retrain.yaml"
SLIDE = "[0-9a-f]{16}"
"""Finds what the parts of one image have in common in their names."""
SHARE = click.FloatRange(0, 1, max_open=True)


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default="data/retraining")
@click.option(
    "--base",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default="configs/train.yaml",
    help="Settings of the original training: its H&E, its MUSE, and how it is trained.",
)
@click.option(
    "--original",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the original MUSE images, in place of those that the base names.",
)
@click.option(
    "--original-share",
    type=SHARE,
    default=0.5,
    help="Of all crops of MUSE.",
)
@click.option("--model", help="What the training begins with; by default the service's default.")
@click.option("--name", help="Of the new model; by default that of the old one, and -reviewed.")
@click.option("--limit", type=click.IntRange(min=1), default=500, help="Images to learn from.")
@click.option(
    "--cap", type=click.FloatRange(0, 1), default=0.25, help="One sender's part, at most."
)
def main(
    *,
    out: Path,
    base: Path,
    original: Path | None,
    original_share: float,
    model: str | None,
    name: str | None,
    limit: int,
    cap: float,
) -> None:
    """Collect the accepted inputs of the service into a folder that scripts/train.py learns from.

    One image of eight is held out, by its content, so that it is never trained on. The others are
    spread over months, tissues and senders. The folder is replaced as a whole; the command ends
    with what to run next.
    """
    try:
        require_replaceable(out)
        settings = _settings()
        card = Catalogue(settings.models).card(model or default_model(settings))
        training = _base(base, original, original_share)
        fresh = out.with_name(f".{out.name}-new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        collected = collect(open_services(settings), fresh, _wanted(training, card, limit, cap))
        _require_some(collected)
        wanted = retraining(
            training,
            name=name or f"{card.name}-reviewed",
            card=card,
            accepted=_sources(collected, TRAINING, out),
            held_out=_sources(collected, HELD_OUT, out),
            original_share=original_share,
        )
        _write(wanted, fresh / CONFIG)
        replace(fresh, out)
    except (ColorMapperError, DatabaseUnavailable, NotStored, OSError, StoreUnavailable) as error:
        told = why(error) if isinstance(error, (ColorMapperError, OSError)) else str(error)
        raise click.ClickException(told) from error
    _tell(collected, wanted, out, card)


def _settings() -> ServeSettings:
    settings = load_settings(os.environ, mode="local")
    if not settings.database_url and not (settings.data_dir / "colormapper.db").is_file():
        raise SettingsError(
            "there is no service's database in the data folder; set COLORMAPPER_DATA_DIR to the "
            "folder of the service"
        )
    migrate(settings.database)
    return settings


def _base(path: Path, original: Path | None, original_share: float) -> TrainSettings:
    base = read_settings(path)
    if original is not None:
        source = Source(path=original, spacing_um=base.data.spacing_um)
        data = base.data.model_copy(update={"train_a": (source,), "rigs": 0})
        base = base.model_copy(update={"data": data})
    require_base(base, original_share)
    return base


def _wanted(base: TrainSettings, card: ModelCard, limit: int, cap: float) -> Wanted:
    spacing_um = card.spacing_um if card.folder else base.model.spacing_um
    smallest_px = base.augment.source_px(base.crop_px) / 2
    return Wanted(limit=limit, cap=cap, spacing_um=spacing_um, smallest_px=smallest_px)


def _require_some(collected: Collected) -> None:
    if not collected.training:
        held = len(collected.held_out)
        raise SettingsError(
            f"no accepted image can be learned from ({held} held out, "
            f"{len(collected.left_out)} left out); accept more results on the page /review"
        )


def _sources(collected: Collected, part: str, out: Path) -> list[Source]:
    """A source for each pixel size, which says its part of all images."""
    found = collected.spacings(part)
    total = sum(count for _, count in found.values())
    return [
        Source(
            path=out / folder,
            spacing_um=spacing_um,
            share=count / total if part == TRAINING and count < total else None,
            slide=SLIDE,
        )
        for folder, (spacing_um, count) in found.items()
    ]


def _write(settings: TrainSettings, path: Path) -> None:
    content = settings.model_dump(mode="json", exclude_defaults=True)
    said = "# Written by scripts/collect_reviewed.py; docs/training.md lists all keys.\n"
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(said + text, encoding="utf-8")


def _tell(collected: Collected, wanted: TrainSettings, out: Path, card: ModelCard) -> None:
    click.echo(
        f"{len(collected.training)} images to learn from, {len(collected.held_out)} held out, "
        f"{len(collected.left_out)} left out"
    )
    for sender, count in Counter(one["sender"] for one in collected.training).most_common():
        click.echo(f"  {count / len(collected.training):4.0%} from {sender}")
    package = f"runs/{wanted.model.name}/package/{wanted.model.name}"
    click.echo("train:")
    click.echo(f"  .venv/bin/python scripts/train.py {out / CONFIG}")
    if collected.held_out:
        click.echo("compare, on what neither was trained on:")
        for model, report in ((card.name, "old"), (package, "new")):
            inputs = f"--input {out / HELD_OUT} --out {report}.html"
            click.echo(f"  .venv/bin/python scripts/evaluate.py --model {model} {inputs}")
    else:
        click.echo("nothing is held out yet (one image of eight is), so that old and new cannot")
        click.echo("be compared on reviewed images; accept more")


if __name__ == "__main__":
    main()
