"""A folder that gets its name only when all that is in it is complete and safe on disk."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from cyclegan.images.new_file import sync


class NewFolder:
    """A folder under a temporary name beside the target, until it is published or discarded."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = target.with_name(f".{secrets.token_hex(8)}.part")
        """Where its files go until then."""
        self.path.mkdir()

    def publish(self) -> None:
        """Force everything to disk and give it the target's name, replacing what had it.

        What had it goes aside first: for a moment nothing has the name, and never half of it.
        """
        for place, _, names in os.walk(self.path, topdown=False):
            for name in names:
                sync(Path(place, name), os.O_RDWR)
            sync(Path(place), os.O_RDONLY)
        older = self.path.with_suffix(".old")
        if self._target.exists():
            self._target.rename(older)
        self.path.rename(self._target)
        sync(self._target.parent, os.O_RDONLY)
        _remove(older)

    def discard(self) -> None:
        """Remove the folder unless it was published."""
        _remove(self.path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
