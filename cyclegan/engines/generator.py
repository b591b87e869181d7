"""The engine that runs a generator network, with statistics from where they are best taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import torch

from cyclegan import __version__
from cyclegan.engines.engine import Prepared, Room, Stats, Watch
from cyclegan.engines.frozen import FrozenPatches, open_runtime
from cyclegan.engines.live import LivePatches
from cyclegan.engines.measure import measure, sample
from cyclegan.engines.runtime import Runtime
from cyclegan.engines.seen import Seen
from cyclegan.engines.slabs import Slabs, choose_slabs
from cyclegan.engines.staged import peak_bytes
from cyclegan.engines.whole import WholeImage
from cyclegan.errors import ImageTooLarge
from cyclegan.images.image import ImageInfo, Reader
from cyclegan.inputs import INPUTS
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics
from cyclegan.tiles import padded_size

Record = Mapping[str, object]
"""What the provenance says, as plain JSON values."""

SAMPLE_SIZE = 256
"""px on each side of the tiles that stand for an image; many small ones are closer to it than few
large ones of the same area (`benchmarks/sampling.py`)."""
SAMPLE_COUNT = 64
"""How many of them."""


class GeneratorEngine:
    """A generator, which belongs to the engine from then on.

    `reach` is how far in px the network sees when its statistics are fixed; `statistics` are those
    of its package, if it has any. `stats` None stands for `model` where there are such, else for
    `exact` where there is room for the image, else for `sampled`. `view` is a key of `INPUTS`: what
    the network sees of an image. `record` is what the provenance shall say of the model.
    """

    def __init__(
        self,
        network: Generator,
        *,
        device: torch.device,
        reach: int,
        stats: Stats | None = None,
        statistics: Statistics | None = None,
        view: str = "rgb",
        record: Record | None = None,
    ) -> None:
        self._network = network.eval().requires_grad_(False).to(device)
        self._device = device
        self._reach = reach
        self._stats = stats
        self._of_model = statistics
        self._runtime_of_model: Runtime | None = None
        self._fit = INPUTS[view]
        self._record = {"engine": "generator", **(record or {}), "device": device.type}

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> Prepared:
        """The translation of an image, which is seen through a view that is fitted on all of it.

        Raises ImageTooLarge when `exact` was asked for and there is not enough room, Cancelled, and
        OSError (ENOSPC) when scratch files do not fit on the disk after all.
        """
        watch.check()
        seen = Seen(reader, self._fit(reader))
        record = {**self._record, "view": dict(seen.view.provenance())}
        if self._stats == "tile":
            return LivePatches(self._network, device=self._device, view=seen.view, record=record)
        if self._stats == "model" or (self._stats is None and self._of_model is not None):
            return self._with_those_of_the_model(seen, record)
        slabs = None if self._stats == "sampled" else self._slabs(reader.info, room, record)
        if slabs is not None:
            return WholeImage(
                self._network, seen, device=self._device, slabs=slabs, watch=watch, record=record
            )
        if self._stats == "exact":
            raise ImageTooLarge(
                f"there is no room for all maps of an image of {reader.info.width} x "
                f"{reader.info.height} px, neither in memory nor in the scratch space; give more "
                "of it, or take the statistics from a sample"
            )
        return self._with_those_of_a_sample(seen, record, room, watch)

    def _with_those_of_the_model(self, seen: Seen, record: Record) -> FrozenPatches:
        if self._runtime_of_model is None:
            if self._of_model is None:
                raise ValueError("the statistics of the model were not given")
            self._runtime_of_model = open_runtime(self._network, self._of_model, self._device)
        return self._frozen(self._runtime_of_model, seen, {**record, "statistics": "model"})

    def _with_those_of_a_sample(
        self, seen: Seen, record: Record, room: Room, watch: Watch
    ) -> FrozenPatches:
        # Where tissue is, the image itself tells; measured is what the network sees there.
        tiles = sample(
            seen.image, self._network, size=SAMPLE_SIZE, count=SAMPLE_COUNT, tissue=room.tissue
        )
        fields = [replace(one, reader=seen) for one in tiles]
        sampled = sum(one.tile.height * one.tile.width for one in fields)
        done = sampled / (sampled + seen.info.height * seen.info.width)
        statistics = measure(
            self._network, fields, device=self._device, room=room, watch=watch, share=done
        )
        runtime = open_runtime(self._network, statistics, self._device)
        told = {"statistics": "sampled", "sampled_tiles": len(fields), "sampled_px": sampled}
        return self._frozen(runtime, seen, {**record, **told}, done=done)

    def _frozen(
        self, runtime: Runtime, seen: Seen, record: Record, done: float = 0.0
    ) -> FrozenPatches:
        return FrozenPatches(
            runtime,
            device=self._device,
            reach=self._reach,
            height=seen.info.height,
            width=seen.info.width,
            view=seen.view,
            record=record,
            done=done,
        )

    def _slabs(self, info: ImageInfo, room: Room, record: Record) -> Slabs | None:
        """What makes the slabs for the whole image, or None when there is no room for them."""
        network = self._network
        size = padded_size(info.height, info.width, network.multiple, network.smallest)
        wanted = peak_bytes(network, [size], keep=True)
        terms = {**record, "version": __version__, "torch": torch.__version__, "size": size}
        return choose_slabs(wanted, self._device, room, terms=json.dumps(terms))
