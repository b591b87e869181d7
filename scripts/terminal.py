"""What the command lines share: a bar of progress, a place for scratch files, words for errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import click

from app import disk
from cyclegan.engines.engine import Watch
from cyclegan.errors import ColorMapperError
from cyclegan.names import printable

SCRATCH = ".color-mapper"
"""Folder beside the results for what is needed on the way; it is removed at the end."""
STEPS = 1000
"""Of a bar."""


@contextmanager
def progress(label: str) -> Iterator[Watch]:
    """A bar for one image or model, which the watch moves."""
    with click.progressbar(length=STEPS, label=printable(label)) as bar:
        yield Watch(on_progress=lambda done: bar.update(int(done * STEPS) - bar.pos))


@contextmanager
def scratch_in(parent: Path) -> Iterator[Path]:
    """A folder on the results' disk for this run; those of runs that were killed are removed.

    The parent is made where it is missing. Raises ClickException that names it when there is no
    writing into it.
    """
    place = parent / SCRATCH
    with ExitStack() as stack:
        try:
            # As any folder of a person: what `disk` makes is for its owner alone.
            parent.mkdir(parents=True, exist_ok=True)
            disk.sweep(place)
            stack.callback(_remove, place)
            folder = stack.enter_context(disk.scratch(place))
        except OSError as error:
            raise click.ClickException(
                f"nothing can be written into {printable(str(parent))}: {why(error)}; choose "
                "another place for --out"
            ) from error
        yield folder


def _remove(place: Path) -> None:
    with suppress(OSError):  # another run may be at work in it
        place.rmdir()


def why(error: ColorMapperError | OSError) -> str:
    """What a person is told of an error."""
    return printable((error.strerror if isinstance(error, OSError) else None) or str(error))
