"""What the command lines share: a bar of progress, a place for scratch files, words for errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    """A folder on the results' disk for this run; those of runs that were killed are removed."""
    place = parent / SCRATCH
    disk.sweep(place)
    try:
        with disk.scratch(place) as folder:
            yield folder
    finally:
        with suppress(OSError):  # another run may be at work in it
            place.rmdir()


def why(error: ColorMapperError | OSError) -> str:
    """What a person is told of an error."""
    return printable((error.strerror if isinstance(error, OSError) else None) or str(error))
