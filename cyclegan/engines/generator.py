"""The engine that runs a generator network, with statistics from where they are best taken."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from cyclegan.engines.engine import Prepared, Room, Stats, Watch
from cyclegan.engines.live import LivePatches
from cyclegan.images.image import Reader
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics


class GeneratorEngine:
    """A generator, which belongs to the engine from then on.

    `statistics` are those of its package, if it has any; `reach` is how far in px the network sees
    when its statistics are fixed. `stats` None stands for `model` where there are such, else
    `exact` where the image fits the scratch space, else `sampled`.
    """

    def __init__(
        self,
        network: Generator,
        *,
        device: torch.device,
        stats: Stats | None = None,
        statistics: Statistics | None = None,
        reach: int | None = None,
        record: Mapping[str, object] | None = None,
    ) -> None:
        self._network = network
        self._device = device
        self._stats = stats
        self._statistics = statistics
        self._reach = reach
        self._record = {"engine": "generator", **(record or {}), "device": device.type}

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> Prepared:
        """The translation of an image."""
        return LivePatches(self._network, device=self._device, record=self._record)
