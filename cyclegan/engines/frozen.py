"""A generator on patches that all share their statistics: modes `sampled` and `model`.

With fixed statistics a pixel depends only on what lies within the network's reach, so that patches
whose halo is that wide give, cropped, the pixels of the whole image.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

import numpy as np
import torch

from cyclegan.device import LANES, alike
from cyclegan.engines.capacity import is_out_of_memory, largest_tile, suitable_tile
from cyclegan.engines.eager import on_cards
from cyclegan.engines.engine import Batch
from cyclegan.engines.lanes import Lanes
from cyclegan.engines.openvino import OpenVino
from cyclegan.engines.runtime import Runtime
from cyclegan.engines.seen import AS_IT_IS
from cyclegan.errors import ModelError
from cyclegan.images.image import Pixels
from cyclegan.inputs import View
from cyclegan.networks import Generator
from cyclegan.networks.folded import FoldedNetwork
from cyclegan.networks.norm import Statistics
from cyclegan.tiles import TileGrid, padded_length, padded_size

log = logging.getLogger(__name__)


def open_runtime(network: Generator, statistics: Statistics, device: torch.device) -> Runtime:
    """What runs the network with these statistics fastest on the device; the network is copied.

    A card is joined by those that are like it. It may be kept for other images with the same
    statistics.
    """
    folded = FoldedNetwork(network, statistics)
    if device.type == "cpu":
        return OpenVino(folded)
    cards = alike(device)
    return Lanes(on_cards(folded, cards, lanes=LANES[device.type]), devices=len(cards))


class FrozenPatches:
    """Translates patches of one image by a runtime, each as it would be inside the whole image.

    `reach` is the network's in px, (height, width) the size of the image, which decides the size of
    patches, `device` the runtime's; patches are seen through `view`. `record` begins the
    provenance; `done` is the part of the image's work that is behind already.
    """

    blend = "crop"
    batch = 1
    """A patch is as large as memory allows instead; a CPU is slower with several at once."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        device: torch.device,
        reach: int,
        height: int,
        width: int,
        view: View = AS_IT_IS,
        record: Mapping[str, object] | None = None,
        done: float = 0.0,
    ) -> None:
        self.multiple = runtime.multiple
        self.smallest = runtime.smallest
        self.lanes = runtime.lanes
        self.halo = padded_length(reach, self.multiple, 0)
        self.done = done
        self.tile = suitable_tile(
            height,
            width,
            halo=self.halo,
            multiple=self.multiple,
            smallest=self.smallest,
            largest=largest_tile(device),
        )
        self._device = device
        self._runtime = runtime
        self._view = view
        self._record = dict(record or {})
        self._too_large: float = math.inf  # px of a patch, all together

    def __call__(self, batch: Batch) -> Batch:
        """The translation of the batch; what does not fit into the memory is done in parts.

        Raises ModelError when the smallest parts do not fit or the result is not finite.
        """
        if not len(batch):
            return batch.copy()
        made = [self._translated(self._view(patch))[None] for patch in batch]
        return made[0] if len(made) == 1 else np.concatenate(made)

    def provenance(self) -> Mapping[str, object]:
        """What was recorded, what ran the network, in which precision, on how many lanes."""
        runtime = self._runtime
        several = {"devices": runtime.devices, "lanes": runtime.lanes}
        return {
            **self._record,
            "runtime": runtime.name,
            "precision": runtime.precision,
            **{name: count for name, count in several.items() if count > 1},
        }

    def close(self) -> None:
        """Give back the runtime's memory."""
        self._runtime.close()

    def _translated(self, patch: Pixels) -> Pixels:
        height, width = patch.shape[:2]
        parts = self._halved(height, width)
        if len(parts) > 1 and height * width >= self._too_large:
            return self._in_parts(patch, parts)
        try:
            return self._run(patch)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self._shrink(height, width, error, can_shrink=len(parts) > 1)
        return self._in_parts(patch, parts)

    def _run(self, patch: Pixels) -> Pixels:
        """The patch at once, mirrored at the bottom and the right to a size that can be taken."""
        height, width = patch.shape[:2]
        down, across = padded_size(height, width, self.multiple, self.smallest)
        if (down, across) != (height, width):  # else this would be another copy of a large patch
            sides = ((0, down - height), (0, across - width), (0, 0))
            patch = np.pad(patch, sides, mode="reflect")
        return self._runtime(patch[None])[0, :height, :width]

    def _in_parts(self, patch: Pixels, grid: TileGrid) -> Pixels:
        """The same from smaller patches, whose halos overlap."""
        answer = np.empty_like(patch)
        parts = iter(grid)
        for kept_rows in grid.kept_rows:
            for kept_columns in grid.kept_columns:
                part = next(parts)
                rows = slice(kept_rows.start - part.y, kept_rows.stop - part.y)
                columns = slice(kept_columns.start - part.x, kept_columns.stop - part.x)
                cut = patch[part.y : part.y + part.height, part.x : part.x + part.width]
                answer[kept_rows.start : kept_rows.stop, kept_columns.start : kept_columns.stop] = (
                    self._translated(cut)[rows, columns]
                )
        return answer

    def _halved(self, height: int, width: int) -> TileGrid:
        half = padded_length(max(height, width) // 2, self.multiple, 2 * self.halo + self.multiple)
        return TileGrid(
            height,
            width,
            core=half - 2 * self.halo,
            halo=self.halo,
            multiple=self.multiple,
            smallest=self.smallest,
        )

    def _shrink(self, height: int, width: int, error: Exception, *, can_shrink: bool) -> None:
        self._runtime.close()
        if not can_shrink:
            raise ModelError(
                f"a patch of {height} x {width} px does not fit into the memory of the device "
                f"{self._device.type}, and smaller ones have no room for the {self.halo} px of "
                "surroundings that this model needs; free some memory or choose another device"
            ) from error
        self._too_large = height * width
        log.warning(
            "%d x %d px are too many for %s; going on in parts", height, width, self._device
        )
