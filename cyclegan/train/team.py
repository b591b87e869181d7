"""The processes that train one model together, and the device of this one.

`torchrun` starts them and tells each its place by the environment, which torch reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

PRECISIONS = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


@dataclass(frozen=True)
class Team:
    """One process of `size`, the `rank`-th."""

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

    def average(self, values: Tensor) -> Tensor:
        """The mean over all processes, in place."""
        if self.size > 1:
            distributed.all_reduce(values)
            values /= self.size
        return values

    def agree(self, network: nn.Module) -> None:
        """Give the network's buffers of floats the mean of those of all processes."""
        for buffer in network.buffers():
            if buffer.is_floating_point():
                self.average(buffer)

    def moved(self, images: Tensor) -> Tensor:
        """The images on this process's device, laid out as the networks like them."""
        return images.to(self.device, memory_format=torch.channels_last)

    def wait(self) -> None:
        """Go on when all have come here."""
        if self.size > 1:
            distributed.barrier()


def adding_up(networks: list[nn.Module]) -> AbstractContextManager[None]:
    """A context in which gradients are added up and not yet exchanged."""
    return _nested([cast("DistributedDataParallel", n) for n in networks if _is_spread(n)])


@contextmanager
def _nested(networks: list[DistributedDataParallel]) -> Iterator[None]:
    if not networks:
        yield
        return
    with networks[0].no_sync(), _nested(networks[1:]):
        yield


def _is_spread(network: nn.Module) -> bool:
    return isinstance(network, DistributedDataParallel)


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
        distributed.destroy_process_group()
