"""A folded network run by torch itself: on a card, and on a CPU as the reference of the others."""

from __future__ import annotations

import logging
from copy import deepcopy

import torch
from torch import Tensor
from torch.nn import functional

from cyclegan.engines.tensors import to_pixels
from cyclegan.networks.folded import FoldedNetwork

log = logging.getLogger(__name__)

TRIAL_SIZE = 512
"""px of the made image on which half precision is tried, on each side."""


class Eager:
    """Runs a folded network, which belongs to it from then on, on a device.

    Where half precision is wanted (by default on a card), it is used if it changes no grey level of
    a made image by more than one; else float32, not TF32, whose mantissa is that of float16.
    """

    name = "torch"

    def __init__(
        self, network: FoldedNetwork, device: torch.device, *, wants_half: bool | None = None
    ) -> None:
        self.multiple = network.multiple
        self.smallest = network.smallest
        self._device = device
        self._full = _placed(network, device, torch.float32)
        self._half: FoldedNetwork | None = None
        if device.type == "cuda" if wants_half is None else wants_half:
            half = _placed(deepcopy(self._full), device, torch.float16)
            self._half = half if _is_close(half, self._full, device) else None

    @property
    def precision(self) -> str:
        """In which numbers it computes."""
        return "float32" if self._half is None else "float16"

    def __call__(self, images: Tensor) -> Tensor:
        """(n, 3, height, width) float32 in -1..1 on any device, to the same on this one."""
        images = images.to(self._device, non_blocking=True)
        if self._half is not None:
            made = _run(self._half, images)
            # An overflow is answered for this patch alone: what becomes of a patch must not depend
            # on those before it, so that a translation can be gone on with.
            if made.isfinite().all():
                return made
        return _run(self._full, images)

    def close(self) -> None:
        """Give back to the card what is not in use; another call takes it again."""
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


def _placed(network: FoldedNetwork, device: torch.device, precision: torch.dtype) -> FoldedNetwork:
    network = network.eval().to(device, precision)
    # Pixels arrive with the channels last; weights in the same layout keep it throughout.
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _run(network: FoldedNetwork, images: Tensor) -> Tensor:
    # Algorithms are chosen so that doing it again gives the same bytes.
    exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
    with torch.inference_mode(), exact:
        made: Tensor = network(images.to(next(network.parameters()).dtype))
        return made.float()


def _is_close(half: FoldedNetwork, full: FoldedNetwork, device: torch.device) -> bool:
    """Whether half precision changes no grey level by more than one."""
    images = _trial_image().to(device)
    made = _run(half, images)
    if not made.isfinite().all():
        log.warning("half precision overflows in this model; using float32")
        return False
    error = abs(to_pixels(made).astype(int) - to_pixels(_run(full, images))).max()
    if error > 1:
        log.warning("half precision changes grey levels by up to %d; using float32", error)
    return bool(error <= 1)


def _trial_image() -> Tensor:
    """(1, 3, TRIAL_SIZE, TRIAL_SIZE), -1..1: patches of all colours with fine grain."""
    chance = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, TRIAL_SIZE // 16, TRIAL_SIZE // 16, generator=chance)
    smooth = functional.interpolate(coarse, size=TRIAL_SIZE, mode="bilinear")
    grain = torch.rand(1, 3, TRIAL_SIZE, TRIAL_SIZE, generator=chance)
    return (1.8 * smooth + 0.2 * grain - 1).contiguous(memory_format=torch.channels_last)
