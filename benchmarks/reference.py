"""The whole-image forward once, outside of any timing: its result, and the statistics it used."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.rivals.rival import Given
from benchmarks.rivals.whole import Whole
from cyclegan.networks.norm import Statistics, norm_layers


def watch_statistics(network: nn.Module) -> Statistics:
    """A mapping that fills with the mean and variance that each norm layer meets."""
    met: dict[str, tuple[Tensor, Tensor]] = {}

    def keep(name: str) -> None:
        def look(_layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            variance, mean = torch.var_mean(inputs[0].float(), dim=(0, 2, 3), correction=0)
            met[name] = (mean, variance)

        norm_layers(network)[name].register_forward_pre_hook(look)

    for name in norm_layers(network):
        keep(name)
    return met


def write_reference(models: Path, image: Path, result: Path, statistics: Path) -> None:
    """Write the result, PNG, and the statistics of all norm layers."""
    network = Given(models, statistics).network()
    met = watch_statistics(network)
    Whole(network).translate(image, result, result.parent)
    torch.save(dict(met), statistics)
