"""The engines by the name that a model card has for them: a new one is a file and a line here.

Importing this package brings no torch; opening a generator does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cyclegan.engines.colour_mapping import ColourMappingEngine
from cyclegan.engines.engine import Engine, Stats
from cyclegan.engines.identity import IdentityEngine

if TYPE_CHECKING:
    from cyclegan.device import DeviceName
    from cyclegan.models.card import ModelCard


def _generator(card: ModelCard, device: DeviceName, stats: Stats | None) -> Engine:
    from cyclegan.models.package import open_engine

    return open_engine(card, device=device, stats=stats)


ENGINES: dict[str, Callable[[ModelCard, DeviceName, Stats | None], Engine]] = {
    "colour-mapping": lambda _card, _device, _stats: ColourMappingEngine(),
    "generator": _generator,
    "identity": lambda _card, _device, _stats: IdentityEngine(),
}
"""What makes the engine of a model on a device; raises ModelError when it cannot.

An engine without norm layers has no use for where their statistics come from.
"""
