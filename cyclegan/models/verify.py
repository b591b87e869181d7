"""Whether a package still answers as it did when it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from cyclegan.engines.live import LivePatches
from cyclegan.errors import ModelError
from cyclegan.models.card import TEST_INPUT, TEST_OUTPUT, damaged, read_card
from cyclegan.models.package import load

Number = TypeVar("Number", np.uint8, np.float32)

TOLERANCE = 1.0
"""Grey levels: half for the engine's rounding, the rest for other processors' float32."""


def verify(folder: Path) -> float:
    """Run a package's test image on the CPU; the largest difference to its record, in grey levels.

    Raises ModelError when the package is damaged or the difference is above `TOLERANCE`.
    """
    card = read_card(folder)
    muse = _load(folder / TEST_INPUT, card.name, np.uint8)
    wanted = _load(folder / TEST_OUTPUT, card.name, np.float32)
    patches = LivePatches(load(card), device=torch.device("cpu"))
    met = patches(muse.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if met.shape != wanted.shape:
        raise damaged(card.name, f"its test output is {wanted.shape}, wanted {met.shape}")
    difference = float(np.abs(met - wanted).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"the model {card.name} answers up to {difference:.1f} grey levels apart from its "
            f"record; wanted at most {TOLERANCE:g}; import it again"
        )
    return difference


def _load(path: Path, name: str, wanted: type[Number]) -> NDArray[Number]:
    try:
        array: NDArray[Number] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise damaged(name, f"its {path.name} cannot be read") from error
    if array.dtype != wanted or array.ndim != 4 or array.shape[1] != 3 or array.size == 0:
        raise damaged(name, f"its {path.name} is {array.dtype} {array.shape}, wanted (n, 3, h, w)")
    return array
