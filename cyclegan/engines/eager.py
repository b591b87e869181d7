"""A folded network run by torch itself: on a card, and on a CPU as the reference of the others."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import deepcopy
from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cyclegan.engines.card import Card, Work
from cyclegan.engines.engine import Batch
from cyclegan.engines.tensors import NOT_FINITE, in_range, rounded
from cyclegan.errors import ModelError
from cyclegan.networks.folded import FoldedNetwork

log = logging.getLogger(__name__)

TRIAL_SIZE = 512
"""px of the made image on which half precision is tried, on each side."""


class Eager:
    """Runs a folded network, which belongs to it from then on, on a device, a batch at a time.

    `half` is the same network as `halved` gives it: it is used where it does not overflow.
    """

    name = "torch"
    lanes = 1
    devices = 1

    def __init__(
        self, network: FoldedNetwork, device: torch.device, *, half: FoldedNetwork | None = None
    ) -> None:
        self.multiple = network.multiple
        self.smallest = network.smallest
        self.precision = "float32" if half is None else "float16"
        # An overflow is answered for this batch alone: what becomes of a patch must not depend on
        # those before it, so that a translation can be gone on with.
        self._tried = [_placed(one, device) for one in (half, network) if one is not None]

    def __call__(self, batch: Batch) -> Batch:
        """The translation of the batch; raises ModelError when a value is not finite."""
        for network in self._tried:
            made, is_finite = network(batch)
            if is_finite:
                return made
        raise ModelError(NOT_FINITE)

    def close(self) -> None:
        """Give back to the card what is not in use; another call takes it again."""
        for network in self._tried:
            network.close()


def on_cards(network: FoldedNetwork, cards: Sequence[torch.device], *, lanes: int) -> list[Eager]:
    """So many for each card, which share the weights there; the first few are on different cards.

    All of them make the same of a patch if the cards are of one kind.
    """
    half = halved(network, cards[0])
    found = []
    for card in cards:
        own, own_half = deepcopy((network, half))
        found.append([Eager(own, card, half=own_half) for _ in range(lanes)])
    return [one for together in zip(*found, strict=True) for one in together]


def halved(network: FoldedNetwork, device: torch.device) -> FoldedNetwork | None:
    """The network in float16, or None if that changes a grey level of a made image by over one."""
    half, image = deepcopy(network).to(torch.float16), _trial_image()
    made, is_finite = _placed(half, device)(image)
    if not is_finite:
        log.warning("half precision overflows in this model; using float32")
        return None
    wanted, _ = _placed(network, device)(image)
    error = abs(made.astype(int) - wanted).max()
    if error > 1:
        log.warning("half precision changes grey levels by up to %d; using float32", error)
        return None
    return half


class Placed(Protocol):
    """A network on a device."""

    def __call__(self, batch: Batch) -> tuple[Batch, bool]:
        """The translation, a new array, and whether all its values were finite."""

    def close(self) -> None:
        """Give back the memory of maps."""


class Processor:
    """Does some work on the CPU."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __call__(self, batch: Batch) -> tuple[Batch, bool]:
        """What the work makes of the batch, a new array, and the truth about it."""
        with torch.inference_mode():
            made, truth = self._work(torch.tensor(batch))
        return made.numpy(), bool(truth)

    def close(self) -> None:
        """Hold nothing but the weights."""


def _placed(network: FoldedNetwork, device: torch.device) -> Placed:
    network = network.eval().to(device)
    # Pixels arrive with the channels last; weights in the same layout keep it throughout.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    work = partial(_translated, network)
    return Card(work, device) if device.type == "cuda" else Processor(work)


def _translated(network: FoldedNetwork, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """(n, height, width, 3) uint8 to the same, and whether all values are finite, (), a bool."""
    made = network(in_range(pixels).to(next(network.parameters()).dtype)).float()
    return rounded(made), made.isfinite().all()


def _trial_image() -> Batch:
    """(1, TRIAL_SIZE, TRIAL_SIZE, 3): patches of all colours with fine grain."""
    chance = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, TRIAL_SIZE // 16, TRIAL_SIZE // 16, generator=chance)
    smooth = functional.interpolate(coarse, size=TRIAL_SIZE, mode="bilinear")
    grain = torch.rand(1, 3, TRIAL_SIZE, TRIAL_SIZE, generator=chance)
    image: Batch = rounded(1.8 * smooth + 0.2 * grain - 1).numpy()
    return np.ascontiguousarray(image)
