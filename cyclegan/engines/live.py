"""A generator on patches that each bring their own statistics, as in training: mode `tile`.

Neighbouring patches differ in colour then, and must overlap and be blended.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from cyclegan.engines.capacity import is_out_of_memory
from cyclegan.engines.engine import Batch
from cyclegan.engines.seen import AS_IT_IS
from cyclegan.engines.tensors import NOT_FINITE, to_pixels, to_tensor
from cyclegan.errors import ModelError
from cyclegan.inputs import View
from cyclegan.networks import Generator

log = logging.getLogger(__name__)

CUDA_BATCH = 8
"""Patches at once that suit a card; halved when they do not fit. More than one slows a CPU down."""


class LivePatches:
    """Translates patches of any size with a generator, which belongs to it from then on.

    Weights are kept in `precision`: by default float16 on CUDA, float32 on the CPU. The network
    sees patches through `view`. `record` begins the provenance.
    """

    halo = 128
    """px: half of a patch; no halo makes patches of different statistics agree."""
    tile = 512
    blend = "average"
    lanes = 1
    done = 0.0

    def __init__(
        self,
        network: Generator,
        *,
        device: torch.device,
        precision: torch.dtype | None = None,
        view: View = AS_IT_IS,
        record: Mapping[str, object] | None = None,
    ) -> None:
        is_cuda = device.type == "cuda"
        self.multiple = network.multiple
        self.smallest = network.smallest
        self.batch = CUDA_BATCH if is_cuda else 1
        self._fits: int | None = None
        self._network = network.eval().requires_grad_(False).to(device)
        self._device = device
        self._precision = precision or (torch.float16 if is_cuda else torch.float32)
        self._view = view
        self._record = dict(record or {})
        self._set_precision(self._precision)

    def __call__(self, batch: Batch) -> Batch:
        """The translation of the batch; it may be cut smaller to fit into the device's memory.

        Raises ModelError when a single patch does not fit or the result is not finite.
        """
        parts: list[Batch] = []
        done = 0
        while done < len(batch):
            part = batch[done : done + (self._fits or len(batch))]
            try:
                parts.append(self._translate(part))
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                self._shrink(part, error)
            else:
                done += len(part)
        return np.concatenate(parts) if parts else batch.copy()

    def provenance(self) -> Mapping[str, object]:
        """What was recorded of the model, the precision and the kind of statistics."""
        return {
            **self._record,
            "precision": str(self._precision).removeprefix("torch."),
            "statistics": "tile",
        }

    def close(self) -> None:
        """Hold nothing but the network."""

    def _translate(self, part: Batch) -> Batch:
        height, width = part.shape[1:3]
        inputs = to_tensor(self._padded(self._view(part)), self._device)
        outputs = self._forward(inputs)
        if self._precision != torch.float32 and not torch.isfinite(outputs).all():
            log.warning("half precision overflows in this model; going on in float32")
            self._set_precision(torch.float32)
            outputs = self._forward(inputs)
        if not torch.isfinite(outputs).all():
            raise ModelError(NOT_FINITE)
        return to_pixels(outputs)[:, :height, :width]

    def _forward(self, inputs: Tensor) -> Tensor:
        with torch.inference_mode():
            outputs: Tensor = self._network(inputs.to(self._precision))
            return outputs.float()

    def _padded(self, part: Batch) -> Batch:
        """The part, mirrored at the bottom and the right to a size that the network takes."""
        sizes = (max(size, self._network.smallest) for size in part.shape[1:3])
        (down, right) = (-(-size // self.multiple) * self.multiple for size in sizes)
        below, beside = down - part.shape[1], right - part.shape[2]
        return np.pad(part, ((0, 0), (0, below), (0, beside), (0, 0)), mode="reflect")

    def _set_precision(self, precision: torch.dtype) -> None:
        self._precision = precision
        # Pixels arrive with the channels last; weights in the same layout keep it throughout.
        self._network.to(precision)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _shrink(self, part: Batch, error: RuntimeError) -> None:
        if len(part) == 1:
            raise ModelError(
                f"a patch of {part.shape[1]} x {part.shape[2]} px does not fit into the memory of "
                f"the device {self._device.type}; choose smaller tiles or another device"
            ) from error
        self._fits = len(part) // 2
        self.batch = min(self.batch, self._fits)
        log.warning("out of memory on %s; going on with batches of %d", self._device, self._fits)
