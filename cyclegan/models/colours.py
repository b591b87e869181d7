"""The file of a package that tells what colours its model was trained on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cyclegan.errors import ModelError
from cyclegan.familiar import Familiar
from cyclegan.models.card import COLOURS, KnownColours, ModelCard, damaged, read_file
from cyclegan.models.packed import read_arrays, write_arrays

NAME = "known"


@dataclass(frozen=True, eq=False)
class Colours:
    """The colours that a model knows, and by how many pictures of its training that is known."""

    familiar: Familiar
    pictures: int


def write_colours(folder: Path, colours: Colours) -> KnownColours:
    """Write the file into the folder of a package, always the same for the same colours."""
    data = write_arrays({NAME: colours.familiar.packed()})
    (folder / COLOURS).write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    return KnownColours(sha256=sha256, bytes=len(data), pictures=colours.pictures)


def load_colours(card: ModelCard) -> Familiar:
    """What is known to a model whose package tells it.

    Raises ModelError when it does not, or the file is not that which the card names.
    """
    if card.colours is None:
        raise ModelError(
            f"the model {card.name} does not tell what colours it was trained on; "
            f"scripts/models.py colours {card.name} finds out"
        )
    data = read_file(card, COLOURS, sha256=card.colours.sha256)
    try:
        return Familiar.unpacked(read_arrays(data).get(NAME, np.empty(0)))
    except ValueError as error:
        raise damaged(card.name, f"its {COLOURS} {error}") from error
