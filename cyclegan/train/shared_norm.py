"""Norm layers that learn the statistics which a package keeps, so that serving repeats training.

An instance norm takes its statistics from whatever patch it gets, so that a network trained with it
is another one when they are fixed. Here they are those of the batch (batch normalisation without
parameters, Ioffe and Szegedy 2015), with a running mean beside; from a certain step on the running
mean itself is used, and the weights get used to what the service will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.networks import Generator
from cyclegan.networks.norm import EPSILON, Statistics, norm_layers

MOMENTUM = 0.02
"""Share of the newest batch in the running mean: it stands for about 50 batches."""


class SharedNorm(nn.Module):
    """Normalises (n, channels, height, width) by statistics that all patches share.

    In training those of the batch, unless `frozen`; in evaluation, or when frozen, the running
    ones. A batch changes these while `noted`; see `unnoted`.
    """

    mean: Tensor
    variance: Tensor
    seen: Tensor
    frozen: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.noted = True
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.register_buffer("frozen", torch.zeros((), dtype=torch.bool))

    def forward(self, x: Tensor) -> Tensor:
        """The normalised maps, of the same shape and type."""
        maps = x.float()
        learns = self.training and not self.frozen
        if learns and not self.noted:
            made = functional.batch_norm(maps, None, None, training=True, eps=EPSILON)
            return made.to(x.dtype)
        if learns:
            self.seen += 1
        # The first batches count alike, so that the start does not drag on.
        share = max(MOMENTUM, 1 / max(int(self.seen), 1))
        normalised = functional.batch_norm(
            maps, self.mean, self.variance, training=learns, momentum=share, eps=EPSILON
        )
        return normalised.to(x.dtype)


def share_statistics(network: Generator) -> None:
    """Put a `SharedNorm` in the place of every norm layer; weights keep their names."""
    channels: dict[str, int] = {}

    def noting(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def note(_layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            channels[name] = inputs[0].shape[1]

        return note

    layers = norm_layers(network)
    hooks = [layer.register_forward_pre_hook(noting(name)) for name, layer in layers.items()]
    with torch.inference_mode():
        network(torch.zeros(1, 3, network.smallest, network.smallest))
    for hook in hooks:
        hook.remove()
    for name in layers:
        parent, _, attribute = name.rpartition(".")
        setattr(network.get_submodule(parent), attribute, SharedNorm(channels[name]))


def shared_layers(network: nn.Module) -> dict[str, SharedNorm]:
    """The layers that `share_statistics` has put in, by their names in the network."""
    named = network.named_modules()
    return {name: module for name, module in named if isinstance(module, SharedNorm)}


@contextmanager
def unnoted(networks: Iterable[nn.Module]) -> Iterator[None]:
    """Within it, what networks see leaves their running statistics as they are.

    A network meets pictures in training that it is never served: those have no part in what a
    package keeps.
    """
    layers = [layer for network in networks for layer in shared_layers(network).values()]
    for layer in layers:
        layer.noted = False
    try:
        yield
    finally:
        for layer in layers:
            layer.noted = True


def freeze_statistics(network: nn.Module) -> None:
    """Use the running statistics from now on, as the service will, and change them no more."""
    for layer in shared_layers(network).values():
        layer.frozen.fill_(True)


def statistics_of(network: nn.Module) -> Statistics:
    """What a package keeps: mean and variance of each norm layer, on the CPU."""
    return {
        name: (layer.mean.cpu().clone(), layer.variance.cpu().clone())
        for name, layer in shared_layers(network).items()
    }


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """The state dict of the network as `GENERATORS` makes it: without what norm layers hold."""
    inside = tuple(f"{name}." for name in shared_layers(network))
    state = network.state_dict()
    return {key: value for key, value in state.items() if not key.startswith(inside)}


def load_shared(
    network: nn.Module, weights: Mapping[str, Tensor], statistics: Statistics | None
) -> None:
    """The opposite of `weights_of` and `statistics_of`; without statistics they are learned anew.

    Raises KeyError and RuntimeError when they are another network's.
    """
    layers = shared_layers(network)
    held = {
        f"{name}.{key}": value
        for name, one in layers.items()
        for key, value in one.state_dict().items()
    }
    network.load_state_dict({**weights, **held})
    if statistics is None:
        return
    for name, layer in layers.items():
        mean, variance = statistics[name]
        layer.mean.copy_(mean)
        layer.variance.copy_(variance)
        layer.seen.fill_(round(1 / MOMENTUM))
