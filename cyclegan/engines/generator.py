"""The engine that runs a generator network, with statistics from where they are best taken."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from cyclegan.engines.engine import Prepared, Room, Stats, Watch
from cyclegan.engines.live import LivePatches
from cyclegan.engines.slabs import NewSlab, slab_maker
from cyclegan.engines.staged import peak_bytes
from cyclegan.engines.whole import WholeImage
from cyclegan.images.image import Reader
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics
from cyclegan.tiles import padded_size


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
        self._network = network.eval().requires_grad_(False).to(device)
        self._device = device
        self._stats = stats
        self._statistics = statistics
        self._reach = reach
        self._record = {"engine": "generator", **(record or {}), "device": device.type}

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> Prepared:
        """The translation of an image.

        Raises ImageTooLarge when `exact` was asked for and there is not enough room, Cancelled.
        """
        new_slab = None
        if self._stats != "tile":
            new_slab = self._new_slab(reader, room)
        if new_slab is None:
            return LivePatches(self._network, device=self._device, record=self._record)
        return WholeImage(
            self._network,
            reader,
            device=self._device,
            new_slab=new_slab,
            watch=watch,
            record=self._record,
        )

    def _new_slab(self, reader: Reader, room: Room) -> NewSlab | None:
        """What makes the slabs for the whole image, or None when there is no room for them."""
        network, info = self._network, reader.info
        size = padded_size(info.height, info.width, network.multiple, network.smallest)
        return slab_maker(peak_bytes(network, [size], keep=True), self._device, room)
