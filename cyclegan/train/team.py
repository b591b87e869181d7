"""The processes that train one model together, and the device of this one.

`torchrun` starts them and tells each its place by the environment, which torch reads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

GLOO_S = 1
"""Many times what Gloo's threads take to let go of tensors, and nothing beside a training."""


@dataclass(frozen=True)
class Team:
    """One process of `size`, the `rank`-th; what is said of all, all have to call."""

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes the run's files."""
        return self.rank == 0

    def spread(self, network: nn.Module) -> nn.Module:
        """The network as it is to be called, so that gradients are those of all processes."""
        if self.size == 1:
            return network
        # A network may be called several times before its gradients are taken; sending its buffers
        # around at each call would change what earlier calls need.
        return DistributedDataParallel(network, broadcast_buffers=False)

    def agree(self, network: nn.Module) -> None:
        """Give the network's buffers of floats the mean of those of all processes."""
        if self.size == 1:
            return
        buffers = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
        means = self._average(torch.cat([buffer.flatten() for buffer in buffers]))
        parts = torch.split(means, [buffer.numel() for buffer in buffers])
        for buffer, part in zip(buffers, parts, strict=True):
            buffer.copy_(part.view_as(buffer))

    def means(self, values: Mapping[str, Tensor]) -> dict[str, float]:
        """The mean over all processes of each of some scalars."""
        stacked = self._average(torch.stack([value.detach().float() for value in values.values()]))
        return dict(zip(values, stacked.tolist(), strict=True))

    def any(self, claim: bool) -> bool:
        """Whether it is so in at least one of all processes."""
        return self._average(torch.tensor(float(claim), device=self.device)).item() > 0

    def gathered(self, state: Any) -> list[Any]:  # noqa: ANN401 - whatever can be pickled
        """What all processes have, with tensors on the CPU, by rank; nothing but in the leader."""
        if self.size == 1:
            return [state]
        states: list[Any] = [None] * self.size
        distributed.gather_object(state, states if self.leads else None)
        return states if self.leads else []

    def moved(self, images: Tensor) -> Tensor:
        """The images on this process's device, laid out as the networks like them."""
        return images.to(self.device, memory_format=torch.channels_last)

    def wait(self) -> None:
        """Go on when all have come here."""
        if self.size > 1:
            distributed.barrier()

    def _average(self, values: Tensor) -> Tensor:
        """The mean over all processes, in place."""
        if self.size > 1:
            distributed.all_reduce(values)
            values /= self.size
        return values


@contextmanager
def adding_up(networks: Iterable[nn.Module]) -> Iterator[None]:
    """Within it, gradients of networks that are spread are added up and not yet exchanged."""
    with ExitStack() as stack:
        for network in networks:
            if isinstance(network, DistributedDataParallel):
                stack.enter_context(network.no_sync())
        yield


@contextmanager
def joined(device: torch.device) -> Iterator[Team]:
    """The team that `torchrun` has started, or this process alone."""
    if not distributed.is_torchelastic_launched():
        yield Team(device)
        return
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        rank = distributed.get_rank()
        if device.type == "cuda":
            device = torch.device("cuda", rank % torch.cuda.device_count())
            torch.cuda.set_device(device)
        yield Team(device, rank, distributed.get_world_size())
    finally:
        # Gloo's threads need the interpreter to let go of the last tensors that were exchanged, and
        # torch 2.12 keeps it to itself while it ends these threads with the last network.
        time.sleep(GLOO_S)
        distributed.destroy_process_group()
