"""What an attempt keeps for the next one, which goes on from there if this one is killed.

    <kept>/terms.json     under which terms it may be used
    <kept>/choices.json   what the first attempt chose by the free room and memory of its moment
    <kept>/rows/          the finished rows, as `cyclegan.images.kept_rows` has them
    <kept>/engine/        what the engine keeps by itself

Nothing is forced to disk, so it all holds only until this machine is started anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from app import disk
from app.owner import boot
from app.workplace import Workplace, kept_in

TERMS = "terms.json"
CHOICES = "choices.json"


@dataclass(frozen=True)
class Choices:
    """What could come out otherwise when it is chosen again, and would change the picture."""

    scratch_bytes: int
    """How much scratch space the engine was offered."""
    tile: int | None = None
    """Height and width of a patch, in px; None for an engine that has no patches."""


@dataclass(frozen=True)
class Kept:
    """The folder of one attempt, as long as it is under way."""

    folder: Path

    @property
    def rows(self) -> Path:
        """For finished rows."""
        return self.folder / "rows"

    @property
    def engine(self) -> Path:
        """For the engine."""
        return self.folder / "engine"

    def choices(self) -> Choices | None:
        """What an earlier attempt chose; None when this one is the first."""
        try:
            return Choices(**json.loads((self.folder / CHOICES).read_text()))
        except FileNotFoundError:
            return None

    def choose(self, choices: Choices) -> None:
        """Have later attempts choose the same."""
        _write(self.folder / CHOICES, asdict(choices))


@contextmanager
def keeping(place: Workplace, terms: Mapping[str, object]) -> Iterator[Kept]:
    """The folder of the place's claim, taken over from an earlier one that has died.

    `terms` are plain JSON values that decide the picture: what was kept under others is dropped, as
    is what a process holds that was thought dead. It stays when the block ends.
    """
    ours = {**terms, "boot": boot()}
    lock = _take_over(place, ours) or _begin(place, ours)
    try:
        yield Kept(place.kept)
    finally:
        os.close(lock)


def _take_over(place: Workplace, terms: Mapping[str, object]) -> int | None:
    """The lock of a folder that was kept under these terms, now under the claim's own name."""
    taken = None
    for folder in kept_in(place.root):
        lock = disk.lock_folder(folder)
        if lock is not None and taken is None and _terms(folder) == terms:
            # Under another name, which one that only slept does not know when it wakes up.
            folder.rename(place.kept)
            taken = lock
            continue
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)
    return taken


def _begin(place: Workplace, terms: Mapping[str, object]) -> int:
    for folder in (place.kept, Kept(place.kept).rows, Kept(place.kept).engine):
        folder.mkdir(mode=0o700)
    lock = disk.lock_folder(place.kept)
    if lock is None:
        raise FileNotFoundError(f"{place.kept} was removed: the job is gone")
    _write(place.kept / TERMS, terms)
    return lock


def _terms(folder: Path) -> object:
    try:
        return json.loads((folder / TERMS).read_text())
    except FileNotFoundError:
        return None


def _write(path: Path, content: Mapping[str, object]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content))
    part.rename(path)
