"""A whole image through a generator at once, from maps that wait in slabs: mode `exact`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing

import torch

from cyclegan.engines.engine import Watch
from cyclegan.engines.field import Field
from cyclegan.engines.slabs import Slabs
from cyclegan.engines.staged import Staged, Strip
from cyclegan.images.image import Pixels, Reader
from cyclegan.networks import Generator
from cyclegan.tiles import Tile, padded_size

DECODED_PIXELS = 2**18
"""About how many px of the image are decoded at once."""


class WholeImage:
    """The translation of an image with its own statistics, in strips.

    The network is on `device` in float32. Making this does nearly all of the work; `record` begins
    the provenance. Raises Cancelled, and OSError (ENOSPC) when slabs do not fit on the disk.
    """

    done = 0.9

    def __init__(
        self,
        network: Generator,
        reader: Reader,
        *,
        device: torch.device,
        slabs: Slabs,
        watch: Watch,
        record: Mapping[str, object],
    ) -> None:
        self._size = reader.info.height, reader.info.width
        self._padded = padded_size(*self._size, network.multiple, network.smallest)
        self._step = max(1, DECODED_PIXELS // self._padded[1] // network.multiple)
        self._step *= network.multiple
        decoder = network.decoder().to(device).eval()
        # As the maps are laid out.
        self._decoder = decoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._record = record
        self._staged = Staged(
            network,
            [Field(reader, Tile(0, 0, *self._padded))],
            device=device,
            slabs=slabs,
            watch=watch,
            share=self.done,
        )
        with ExitStack() as undo:
            undo.callback(self._staged.close)
            self._staged.run(keep=True)
            undo.pop_all()

    def strips(self, top: int = 0) -> Iterator[Pixels]:
        """The rows from `top` on, where a strip begins; see `engine.Stripwise`."""
        if top % self._step and top != self._size[0]:
            raise ValueError(f"no strip begins at row {top}, only at multiples of {self._step}")
        height, width = self._size
        spans = (
            Strip(0, first, min(first + self._step, self._padded[0]))
            for first in range(top, height, self._step)
        )
        with closing(self._staged.decode(spans, self._decoder)) as decoded:
            for rows in decoded:
                yield rows[: height - top, :width]
                top += len(rows)

    def provenance(self) -> Mapping[str, object]:
        """What was recorded of the model, the precision and the kind of statistics."""
        return {**self._record, "precision": "float32", "statistics": "exact"}

    def close(self) -> None:
        """Give the slabs back."""
        self._staged.close()
