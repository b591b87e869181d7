"""The models that can be chosen: those that come with the program and the packages in a folder.

Torch is imported only when the engine of a generator is asked for: the web process reads cards
and stays small.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from cyclegan.engines import ENGINES
from cyclegan.engines.engine import Engine, Stats
from cyclegan.errors import ModelError
from cyclegan.models import bundled
from cyclegan.models.card import NAME_RULE, ModelCard, is_name, read_card

__all__ = ["BUILT_IN", "Catalogue", "ModelCard"]

log = logging.getLogger(__name__)

BUILT_IN: dict[str, ModelCard] = {
    card.name: card
    for card in (
        ModelCard(
            name="colour-mapping",
            title="Colour mapping",
            description="Separates the two dyes of a MUSE image and colours them as haematoxylin "
            "and eosin, pixel by pixel. Nothing is learned, so no structure can be invented.",
            engine="colour-mapping",
        ),
        ModelCard(
            name="identity",
            title="Identity",
            description="Returns the image as it is.",
            engine="identity",
            hidden=True,
        ),
    )
}


def taken(shipped: Path = bundled.SHIPPED) -> list[str]:
    """The names of the models that come with the program, which no other can have."""
    return [*BUILT_IN, *bundled.names(shipped)]


class Catalogue:
    """The models to choose from; `folder` holds packages and need not exist.

    The folder is read anew at each question, so that an imported model is there at once. A damaged
    package is left out and named once in the log, and so is one that has the name of a model which
    comes with the program: nobody gets another model than the one that they know by its name.
    `shipped` is the folder of the packages that do.
    """

    def __init__(self, folder: Path, *, shipped: Path = bundled.SHIPPED) -> None:
        self._folder = folder
        self._shipped = shipped
        self._warned: set[str] = set()

    def cards(self) -> list[ModelCard]:
        """All usable models: those of the program first, then the packages, each by name."""
        shipped = [self._shipped / name for name in bundled.names(self._shipped)]
        return [*BUILT_IN.values(), *self._usable(shipped), *self._usable(self._packages())]

    def card(self, name: str) -> ModelCard:
        """The model of this name; a path is never followed.

        Raises ModelError that lists the models there are when the name is unknown, or that says
        what is wrong when the package is damaged.
        """
        if name in BUILT_IN:
            return BUILT_IN[name]
        if name in bundled.names(self._shipped):
            return read_card(self._shipped / name)
        if is_name(name) and (self._folder / name).is_dir():
            return read_card(self._folder / name)
        names = ", ".join(card.name for card in self.cards() if not card.hidden)
        raise ModelError(f"there is no model {name[:64]!r}; choose one of: {names}")

    def find(self, name_or_path: str) -> ModelCard:
        """The model given by name or as the path of a package; for command lines, not for clients.

        Raises ModelError as `card` does.
        """
        # Path.is_dir raises for names that are too long for the file system.
        is_folder = os.path.isdir(name_or_path)  # noqa: PTH112
        if is_folder and not is_name(name_or_path):
            return read_card(Path(name_or_path).resolve())
        return self.card(name_or_path)

    def engine(
        self,
        name_or_path: str,
        *,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        stats: Stats | None = None,
    ) -> Engine:
        """The engine of a model, which is looked for as in `find`.

        Weights are loaded and compared with their hash. Raises ModelError when the model is unknown
        or damaged, or the device is not there.
        """
        card = self.find(name_or_path)
        return ENGINES[card.engine](card, device, stats)

    def _packages(self) -> list[Path]:
        found = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        # Names with a dot in front are packages that are being written.
        return [path for path in found if path.is_dir() and not path.name.startswith(".")]

    def _usable(self, folders: Iterable[Path]) -> Iterator[ModelCard]:
        for folder in folders:
            try:
                yield self._checked(folder)
            except ModelError as error:
                self._warn(folder.name, str(error))

    def _checked(self, folder: Path) -> ModelCard:
        reserved = taken(self._shipped) if folder.parent != self._shipped else list(BUILT_IN)
        if not is_name(folder.name) or folder.name in reserved:
            raise ModelError(
                f"a model cannot be named {folder.name!r}; rename the folder: {NAME_RULE}, "
                f"and none of {', '.join(reserved)}"
            )
        return read_card(folder)

    def _warn(self, name: str, fault: str) -> None:
        if name not in self._warned:
            self._warned.add(name)
            log.warning("left out: %s", fault)
