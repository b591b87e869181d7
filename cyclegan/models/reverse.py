"""The generator of a package that leads back, from H&E to what the other generator sees.

It is kept by trainings that have one. What a result says is doubtful where the way back does not
give the image again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cyclegan.device import DeviceName, choose_device
from cyclegan.engines.frozen import FrozenPatches, open_runtime
from cyclegan.errors import ModelError
from cyclegan.images.image import ImageInfo
from cyclegan.models.answer import Example, answer
from cyclegan.models.card import REVERSE, REVERSE_STATISTICS, ModelCard, Reverse, damaged, read_file
from cyclegan.models.statistics import from_bytes, to_bytes
from cyclegan.models.tensors import read_safetensors
from cyclegan.models.weights import Precision, to_content
from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import Statistics
from cyclegan.networks.reach import measure_reach


@dataclass(frozen=True, eq=False)
class WayBack:
    """A generator that leads back, on the CPU in float32, as it comes out of training."""

    network: Generator
    statistics: Statistics
    architecture: str
    """A key of `GENERATORS`."""
    width: int
    """Channels of its first layer."""
    usual_error: float
    """Grey levels that 95 % of the places in training differ by at most when they come back."""
    precision: Precision = "float32"
    """In which its weights are kept."""


def write_reverse(folder: Path, way: WayBack, shown: Example) -> Reverse:
    """Write its files into the folder of a package; `shown` is the package's example."""
    content, data = to_content(way.network, way.precision), to_bytes(way.statistics)
    (folder / REVERSE).write_bytes(content)
    (folder / REVERSE_STATISTICS).write_bytes(data)
    return Reverse(
        architecture=way.architecture,
        width=way.width,
        reach=measure_reach(way.network),
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        statistics_sha256=hashlib.sha256(data).hexdigest(),
        statistics_bytes=len(data),
        example_error=error_of(way.network, way.statistics, shown.pixels, shown.seen),
        usual_error=way.usual_error,
    )


def remove_reverse(folder: Path) -> None:
    """Remove its files from the folder of a package, if they are there."""
    for file in (REVERSE, REVERSE_STATISTICS):
        (folder / file).unlink(missing_ok=True)


def load_reverse(card: ModelCard) -> tuple[Generator, Statistics]:
    """The generator that leads back and its statistics, on the CPU.

    Raises ModelError when the package has none, the architecture is unknown, or a file is not that
    which the card names or does not fit.
    """
    kept = card.reverse
    if kept is None:
        raise ModelError(f"the model {card.name} keeps no generator that leads back")
    if kept.architecture not in GENERATORS:
        raise ModelError(
            f"the way back of the model {card.name} has the architecture {kept.architecture}, "
            f"which this version does not have; there are {', '.join(GENERATORS)}"
        )
    network = GENERATORS[kept.architecture](kept.width)
    data = read_file(card, REVERSE, sha256=kept.sha256)
    try:
        network.load_state_dict(read_safetensors(data), strict=True)
    except RuntimeError as error:
        raise damaged(
            card.name, f"its {REVERSE} does not fit {kept.architecture} of width {kept.width}"
        ) from error
    data = read_file(card, REVERSE_STATISTICS, sha256=kept.statistics_sha256)
    try:
        return network, from_bytes(data, network)
    except ValueError as error:
        raise damaged(card.name, f"its {REVERSE_STATISTICS} {error}") from error


def open_reverse(card: ModelCard, info: ImageInfo, *, device: DeviceName = "auto") -> FrozenPatches:
    """What turns patches of results of a size back, to be closed; raises as `load_reverse`."""
    network, statistics = load_reverse(card)
    where = choose_device(device)
    network.eval().requires_grad_(False).to(where)
    return FrozenPatches(
        open_runtime(network, statistics, where),
        device=where,
        reach=measure_reach(network),
        height=info.height,
        width=info.width,
    )


def error_of(
    network: Generator, statistics: Statistics, result: np.ndarray, seen: np.ndarray
) -> float:
    """Grey levels by which a result turned back differs from what was seen, both (h, w, 3) uint8.

    Raises ModelError when it is not finite.
    """
    again = answer(network, result[None], statistics)[0].clip(0, 255)
    error = float(np.abs(again - seen).mean())
    if not np.isfinite(error):
        raise ModelError("the answer of the way back is not finite; its weights are too large")
    return error
