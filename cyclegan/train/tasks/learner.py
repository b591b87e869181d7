"""What the trainer needs of a task: steps, pictures to show, and its whole state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Protocol

import torch
from torch import Tensor

from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.initial import initialise
from cyclegan.networks.norm import Statistics
from cyclegan.train.average import Average
from cyclegan.train.settings import ModelSettings, TrainSettings
from cyclegan.train.shared_norm import share_statistics

Sample = Mapping[str, Tensor]
"""Pictures `a` (MUSE) and `b` (H&E), (n, 3, height, width) float32 in -1..1; where pairs have it
`real`, fluorescence without a truth, fewer of it."""


class Learner(Protocol):
    """Networks that get better with each step."""

    def step(self, samples: Sequence[Sample], step: int) -> dict[str, float]:
        """Learn from some batches as one; returns the means of all losses by their names.

        `step` is counted from 0 and decides learning rate and weights.
        """

    def freeze(self) -> None:
        """Keep the norm statistics as they are from now on."""

    def show(self, sample: Sample) -> dict[str, Tensor]:
        """Pictures of what the networks make of a sample, by what they are."""

    def measure(self, sample: Sample) -> dict[str, float]:
        """How good the translation of held-out pictures is, by the name of each number."""

    def weights(self) -> tuple[dict[str, Tensor], Statistics]:
        """The generator that is to be shipped: weights and norm statistics."""

    def way_back(self) -> tuple[dict[str, Tensor], Statistics] | None:
        """The same of the generator that leads back, where there is one."""

    def state_dict(self) -> dict[str, Any]:
        """All that the next steps depend on, in the team's leader; all of a team have to ask."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on as the learner would have whose state it is."""


def new_generator(model: ModelSettings, *, seed: int, device: torch.device) -> Generator:
    """A generator with random weights from the seed, ready for training."""
    network = GENERATORS[model.architecture](model.width)
    initialise(network, torch.Generator().manual_seed(seed))
    share_statistics(network)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.train()


def in_parts(
    translate: Callable[[Tensor], Tensor], pictures: Tensor, settings: TrainSettings
) -> Tensor:
    """What becomes of pictures, as many at once as a batch has, so that memory suffices."""
    return torch.cat([translate(part) for part in torch.split(pictures, settings.batch)])


def new_average(network: Generator, settings: TrainSettings) -> Average | None:
    """An average that begins with the weights as they are; None where none is wanted."""
    decay = settings.average
    return Average(network, decay=decay) if decay else None


def shipped(network: Generator, average: Average | None) -> Generator:
    """The generator as it would be shipped now: with averaged weights, where they are averaged."""
    if average is None:
        return network
    copy = deepcopy(network)
    average.copy_to(copy)
    return copy
