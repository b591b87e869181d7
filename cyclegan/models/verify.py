"""Whether a package still answers as it did when it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cyclegan.errors import ModelError
from cyclegan.models.answer import answer
from cyclegan.models.card import TEST_INPUT, TEST_OUTPUT, ModelCard, damaged, read_card
from cyclegan.models.colours import load_colours
from cyclegan.models.package import load, load_statistics
from cyclegan.models.reverse import error_of, load_reverse
from cyclegan.networks import Generator
from cyclegan.networks.reach import measure_reach

Number = TypeVar("Number", np.uint8, np.float32)

TOLERANCE = 0.5
"""Grey levels, for other processors' float32: less than what rounding to pixels does."""


def verify(folder: Path) -> float:
    """Run a package's test image on the CPU; the largest difference to its record, in grey levels.

    The test image is what the network sees, so nothing is laid over it. The network has the
    statistics that the package keeps, if any. Raises ModelError when the package is damaged, the
    difference is above `TOLERANCE`, or its reach is not the network's.
    """
    card = read_card(folder)
    seen = _load(folder / TEST_INPUT, card.name, np.uint8)
    wanted = _load(folder / TEST_OUTPUT, card.name, np.float32)
    network = load(card)
    statistics = load_statistics(card) if card.statistics else None
    _check_reach(card, network)
    met = answer(network, seen.transpose(0, 2, 3, 1), statistics).transpose(0, 3, 1, 2)
    if met.shape != wanted.shape:
        raise damaged(card.name, f"its test output is {wanted.shape}, wanted {met.shape}")
    difference = float(np.abs(met - wanted).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"the model {card.name} answers up to {difference:.1f} grey levels apart from its "
            f"record; wanted at most {TOLERANCE:g}; import it again"
        )
    if card.colours:
        load_colours(card)
    if card.reverse:
        _check_way_back(card, met, seen)
    return difference


def _check_way_back(
    card: ModelCard, answered: NDArray[np.float32], seen: NDArray[np.uint8]
) -> None:
    """Raise ModelError when the test image comes back otherwise than it did; (1, 3, h, w)."""
    wanted = card.reverse.example_error if card.reverse else 0.0
    network, statistics = load_reverse(card)
    result = answered.round().clip(0, 255).astype(np.uint8)
    shown, before = (batch[0].transpose(1, 2, 0) for batch in (result, seen))
    met = error_of(network, statistics, shown, before)
    if not abs(met - wanted) <= TOLERANCE:
        raise damaged(
            card.name,
            f"its test image comes back with an error of {met:.1f} grey levels instead of "
            f"{wanted:.1f}",
        )


def _check_reach(card: ModelCard, network: Generator) -> None:
    met = measure_reach(network)
    if card.reach not in (None, met):
        raise damaged(card.name, f"it says that it sees {card.reach} px far, but sees {met} px")


def _load(path: Path, name: str, wanted: type[Number]) -> NDArray[Number]:
    try:
        array: NDArray[Number] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise damaged(name, f"its {path.name} cannot be read") from error
    if array.dtype != wanted or array.ndim != 4 or array.shape[1] != 3 or array.size == 0:
        raise damaged(name, f"its {path.name} is {array.dtype} {array.shape}, wanted (n, 3, h, w)")
    return array
