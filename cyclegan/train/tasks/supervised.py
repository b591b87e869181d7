"""Training on pairs: simulated MUSE and its H&E, or grey H&E and its colours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from cyclegan.networks.norm import Statistics
from cyclegan.train.losses import LOSSES
from cyclegan.train.optimiser import Optimiser, precision
from cyclegan.train.settings import TrainSettings
from cyclegan.train.shared_norm import (
    freeze_statistics,
    load_shared,
    statistics_of,
    weights_of,
)
from cyclegan.train.structure import lost_structure
from cyclegan.train.tasks.learner import Sample, in_parts, new_average, new_generator, shipped
from cyclegan.train.team import Team, adding_up


class Supervised:
    """One generator, and the truth; what has none is asked for its nuclei alone."""

    def __init__(self, settings: TrainSettings, team: Team) -> None:
        self._settings = settings
        self._team = team
        self._losses = settings.paired.losses
        self._generator = new_generator(settings.model, seed=settings.seed, device=team.device)
        self._spread = team.spread(self._generator)
        self._optimiser = Optimiser([self._generator], settings, team.device)
        self._average = new_average(self._generator, self._settings)

    def begin_with(self, weights: Mapping[str, Tensor], statistics: Statistics | None) -> None:
        """Give the generator weights, and norm statistics to begin with, of an earlier training."""
        load_shared(self._generator, weights, statistics)
        self._average = new_average(self._generator, self._settings)

    def step(self, samples: Sequence[Sample], step: int) -> dict[str, float]:
        """See `Learner`."""
        total: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=self._team.device))
        for number, sample in enumerate(samples, start=1):
            with adding_up([self._spread]) if number < len(samples) else nullcontext():
                losses = self._compare(sample)
                self._optimiser.backward(losses["total"])
            for name, value in losses.items():
                total[name] += value.detach() / len(samples)
        self._optimiser.step(step)
        if step < self._settings.frozen_from:
            self._team.agree(self._generator)
        if self._average:
            self._average.update(self._generator)
        return self._team.means(total)

    def freeze(self) -> None:
        """See `Learner`."""
        freeze_statistics(self._generator)

    def show(self, sample: Sample) -> dict[str, Tensor]:
        """See `Learner`."""
        return {
            "input": sample["a"],
            "translation": self._translated(sample["a"]),
            "truth": sample["b"],
        }

    def measure(self, sample: Sample) -> dict[str, float]:
        """See `Learner`."""
        made = self._translated(sample["a"])
        return {
            "held_out_ssim": 1 - float(LOSSES["ssim"](made, sample["b"])),
            "held_out_mae": 127.5 * float(LOSSES["l1"](made, sample["b"])),
        }

    def weights(self) -> tuple[dict[str, Tensor], Statistics]:
        """See `Learner`."""
        network = shipped(self._generator, self._average)
        return weights_of(network), statistics_of(network)

    def way_back(self) -> None:
        """See `Learner`."""

    def state_dict(self) -> dict[str, Any]:
        """See `Learner`."""
        return {
            "generator": self._generator.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "average": self._average.state_dict() if self._average else None,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Learner`."""
        self._generator.load_state_dict(state["generator"])
        self._optimiser.load_state_dict(state["optimiser"])
        if self._average:
            self._average.load_state_dict(state["average"])

    def _compare(self, sample: Sample) -> dict[str, Tensor]:
        seen = [sample[name] for name in ("a", "real") if name in sample]
        with precision(self._settings, self._team.device):
            made = self._spread(torch.cat(seen))
        painted, *real = torch.split(made.float(), [len(images) for images in seen])
        losses = {name: LOSSES[name](painted, sample["b"]) for name in self._losses}
        parts = [weight * losses[name] for name, weight in self._losses.items()]
        if real:
            losses["structure"] = lost_structure(sample["real"], real[0])
            parts.append(self._settings.paired.real.structure * losses["structure"])
        return {**losses, "total": torch.stack(parts).sum()}

    def _translated(self, pictures: Tensor) -> Tensor:
        network = shipped(self._generator, self._average).eval()
        with torch.no_grad():
            made = in_parts(network, pictures, self._settings)
        self._generator.train()
        return made
