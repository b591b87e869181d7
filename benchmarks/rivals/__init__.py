"""Ways of translating an image file, side by side: a new one is a file and a line here.

Importing this package brings no torch; opening a rival does, and only what that rival needs, so
that none has the memory of another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.checkpoints import NAME
from benchmarks.rivals.rival import Given, Rival


@dataclass(frozen=True)
class Entry:
    """A rival that can be chosen."""

    title: str
    open: Callable[[Given], Rival]
    """Loads the model; what that takes is not counted."""
    whole: bool = False
    """Whether it, or what it is given, needs the whole image inside the network at once."""
    ours: bool = False


def _scheme_2020(given: Given) -> Rival:
    from benchmarks.rivals.scheme_2020 import Scheme2020

    return Scheme2020(given.network(), device=given.device)


def _monai(given: Given, *, overlap: float, frozen: bool = False) -> Rival:
    from benchmarks.rivals.monai_window import MonaiWindow

    network = given.frozen_network() if frozen else given.network()
    return MonaiWindow(network, device=given.device, overlap=overlap)


def _whole(given: Given) -> Rival:
    from benchmarks.rivals.whole import Whole

    return Whole(given.network(), device=given.device)


def _ours(given: Given, model: str, stats: str | None = None) -> Rival:
    from benchmarks.rivals.ours import WORKERS, Ours
    from cyclegan.files import Options
    from cyclegan.images.region import Region

    region = None if given.region is None else Region(*given.region)
    options = Options(workers=WORKERS, tile=given.tile, region=region)
    return Ours(given.engine(model, stats), given.card(model), options)


RIVALS: dict[str, Entry] = {
    "2020": Entry("2020 scheme", _scheme_2020),
    "monai-0.5": Entry("MONAI, overlap 0.5", lambda given: _monai(given, overlap=0.5)),
    "monai-0.25": Entry("MONAI, overlap 0.25", lambda given: _monai(given, overlap=0.25)),
    "monai-frozen": Entry(
        "MONAI, overlap 0.5, statistics of the whole image",
        lambda given: _monai(given, overlap=0.5, frozen=True),
        whole=True,
    ),
    "whole": Entry("whole image at once", _whole, whole=True),
    "exact": Entry("ours, exact", lambda given: _ours(given, NAME, "exact"), ours=True),
    "sampled": Entry("ours, sampled", lambda given: _ours(given, NAME, "sampled"), ours=True),
    "model": Entry("ours, model", lambda given: _ours(given, NAME, "model"), ours=True),
    "tile": Entry("ours, tile", lambda given: _ours(given, NAME, "tile"), ours=True),
    "colour-mapping": Entry(
        "ours, colour mapping", lambda given: _ours(given, "colour-mapping"), ours=True
    ),
    "identity": Entry("ours, identity", lambda given: _ours(given, "identity"), ours=True),
}
"""By the name that the command line has for them."""
