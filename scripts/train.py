"""Train a model from a YAML file, or go on with a training that was stopped."""

from __future__ import annotations

import logging
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Self

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cyclegan.errors import ColorMapperError
from cyclegan.train.course import Observer
from cyclegan.train.progress import progress
from cyclegan.train.settings import TrainSettings, read_settings
from cyclegan.train.trainer import train
from scripts.terminal import why

RUNS = Path("runs")


class Terminal:
    """Tells a person how far a training is, and notices that they want it to stop.

    As a context it ends the line of progress.
    """

    def __init__(self, settings: TrainSettings) -> None:
        self._steps = settings.steps
        self._losses: Mapping[str, float] = {}
        self._first: int | None = None
        self._began = time.monotonic()
        self._stopped = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    @property
    def observer(self) -> Observer:
        """What the training calls."""
        return Observer(self._on_step, self._on_means, lambda: self._stopped)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._first is not None:
            click.echo(err=True)

    def _on_means(self, means: Mapping[str, float]) -> None:
        self._losses = means

    def _on_step(self, done: int) -> None:
        if self._first is None:
            self._first, self._began = done, time.monotonic()
            return
        seconds = (time.monotonic() - self._began) / (done - self._first)
        line = progress(step=done, steps=self._steps, seconds=seconds, losses=self._losses)
        width = shutil.get_terminal_size().columns - 1
        click.echo(f"\r{line[:width]:<{width}}", nl=False, err=True)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        # A second signal ends the program at once.
        signal.signal(number, signal.SIG_DFL)
        self._stopped = True


@click.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--run", type=click.Path(file_okay=False, path_type=Path), help="Its folder.")
@click.option("--resume", is_flag=True, help="Go on with the training in the folder.")
def main(config: Path, run: Path | None, resume: bool) -> None:
    """Train a model as CONFIG says, into a folder that holds everything of the training.

    The folder is runs/NAME, with the model's name, unless --run names another; open its index.html
    in a browser to look on. Ctrl-C stops after the current step, and --resume goes on.
    """
    logging.basicConfig(format="\n%(message)s", level=logging.WARNING)
    try:
        settings = read_settings(config)
        folder = run or RUNS / settings.model.name
        with Terminal(settings) as terminal:
            card = train(settings, folder, resume=resume, observer=terminal.observer)
    except (ColorMapperError, OSError) as error:
        raise click.ClickException(why(error)) from error
    if card is not None:
        click.echo(card.folder)


if __name__ == "__main__":
    main()
