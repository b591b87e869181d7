"""Training on pictures that belong to no pairs: CycleGAN (Zhu et al. 2017, arXiv 1703.10593).

G_A paints MUSE as H&E, G_B the other way round; D_A judges H&E, D_B MUSE. The names of the losses
are those of the public project, so that logs can be compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from cyclegan.networks import DISCRIMINATORS
from cyclegan.networks.initial import initialise
from cyclegan.networks.norm import Statistics
from cyclegan.train.gan_loss import discriminator_loss, generator_loss
from cyclegan.train.optimiser import Optimiser, precision
from cyclegan.train.pixel_loss import l1
from cyclegan.train.pool import ImagePool
from cyclegan.train.saliency import Saliency, weight
from cyclegan.train.settings import TrainSettings
from cyclegan.train.shared_norm import (
    freeze_statistics,
    load_shared,
    statistics_of,
    unnoted,
    weights_of,
)
from cyclegan.train.tasks.learner import Sample, in_parts, new_average, new_generator, shipped
from cyclegan.train.team import Team, adding_up

Painter = Callable[[Tensor], Tensor]


class CycleGan:
    """Two generators and two discriminators.

    `saliency` compares an image with its translation; None where its weight is 0.
    """

    def __init__(
        self,
        settings: TrainSettings,
        team: Team,
        *,
        saliency: Saliency | None = None,
    ) -> None:
        self._settings = settings
        self._team = team
        self._saliency = saliency
        seeds = range(4 * settings.seed, 4 * settings.seed + 4)
        self._generators = [
            new_generator(settings.model, seed=seed, device=team.device) for seed in seeds[:2]
        ]
        self._judges = [_new_judge(seed, team.device) for seed in seeds[2:]]
        self._paint = [team.spread(network) for network in self._generators]
        self._judge = [team.spread(network) for network in self._judges]
        self._painting = Optimiser(self._generators, settings, team.device)
        self._judging = [Optimiser([network], settings, team.device) for network in self._judges]
        self._pools = [
            ImagePool(seed=seed + team.rank, size=settings.cyclegan.pool) for seed in seeds[:2]
        ]
        self._average = new_average(self._generators[0], self._settings)

    def begin_with(self, weights: Mapping[str, Tensor], statistics: Statistics | None) -> None:
        """Give G_A weights, and norm statistics to begin with, that were trained before."""
        load_shared(self._generators[0], weights, statistics)
        self._average = new_average(self._generators[0], self._settings)

    def step(self, samples: Sequence[Sample], step: int) -> dict[str, float]:
        """See `Learner`."""
        total: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=self._team.device))
        fakes: list[tuple[Tensor, Tensor]] = []
        for number, sample in enumerate(samples, start=1):
            with adding_up(self._paint) if number < len(samples) else nullcontext():
                losses, fake = self._translate(sample, step)
                self._painting.backward(losses["total"])
            fakes.append(fake)
            _add(total, losses, len(samples))
        self._painting.step(step)
        for number, (sample, fake) in enumerate(zip(samples, fakes, strict=True), start=1):
            with adding_up(self._judge) if number < len(samples) else nullcontext():
                _add(total, self._tell_apart(sample, fake), len(samples))
        for optimiser in self._judging:
            optimiser.step(step)
        if step < self._settings.frozen_from:
            for network in self._generators:
                self._team.agree(network)
        if self._average:
            self._average.update(self._generators[0])
        return self._team.means(total)

    def freeze(self) -> None:
        """See `Learner`."""
        for network in self._generators:
            freeze_statistics(network)

    def show(self, sample: Sample) -> dict[str, Tensor]:
        """See `Learner`."""
        with self._painting_only() as (there, back):
            translation, backwards = there(sample["a"]), back(sample["b"])
            return {
                "input": sample["a"],
                "translation": translation,
                "input again": back(translation),
                "H&E": sample["b"],
                "H&E as MUSE": backwards,
                "H&E again": there(backwards),
            }

    def measure(self, sample: Sample) -> dict[str, float]:
        """See `Learner`."""
        with self._painting_only() as (there, back):
            again = back(there(sample["a"]))
        return {"held_out_cycle": 127.5 * float(l1(again, sample["a"]))}

    def weights(self) -> tuple[dict[str, Tensor], Statistics]:
        """See `Learner`."""
        network = shipped(self._generators[0], self._average)
        return weights_of(network), statistics_of(network)

    def way_back(self) -> tuple[dict[str, Tensor], Statistics]:
        """See `Learner`."""
        return weights_of(self._generators[1]), statistics_of(self._generators[1])

    def state_dict(self) -> dict[str, Any]:
        """See `Learner`."""
        pools = [pool.state_dict() for pool in self._pools]
        return {
            "pools": self._team.gathered(pools),
            **{name: part.state_dict() for name, part in self._parts().items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Learner`."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        for pool, its in zip(self._pools, state["pools"][self._team.rank], strict=True):
            pool.load_state_dict(its)

    @contextmanager
    def _painting_only(self) -> Iterator[tuple[Painter, Painter]]:
        """Both generators as they would be shipped, there and back, while nothing is learned."""
        there, back = self._generators
        there = shipped(there, self._average)
        with torch.no_grad():
            yield (
                partial(in_parts, there.eval(), settings=self._settings),
                partial(in_parts, back.eval(), settings=self._settings),
            )
        for network in self._generators:
            network.train()

    def _translate(
        self, sample: Sample, step: int
    ) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
        """The losses of the generators, and their translations."""
        wanted = self._settings.cyclegan
        a, b = sample["a"], sample["b"]
        paint_a, paint_b = self._paint
        for network in self._judges:
            network.requires_grad_(False)
        with precision(self._settings, self._team.device):
            he, muse = paint_a(a), paint_b(b)
            # Served are real pictures alone, and only of the kind that a generator begins with.
            with unnoted(self._generators):
                a_again, b_again = paint_b(he), paint_a(muse)
                same = (paint_a(b), paint_b(a)) if wanted.identity else (b, a)
            judged = [judge(made) for judge, made in zip(self._judges, (he, muse), strict=True)]
        he, muse = he.float(), muse.float()
        losses = {
            "G_A": generator_loss(judged[0].float()),
            "G_B": generator_loss(judged[1].float()),
            "cycle_A": wanted.cycle_a * l1(a_again.float(), a),
            "cycle_B": wanted.cycle_b * l1(b_again.float(), b),
            "idt_A": wanted.identity * wanted.cycle_b * l1(same[0].float(), b),
            "idt_B": wanted.identity * wanted.cycle_a * l1(same[1].float(), a),
        }
        if self._saliency:
            share = weight(
                step * self._settings.batch * self._settings.accumulate * self._team.size,
                first=wanted.saliency.weight,
                images=wanted.saliency.decay_images,
            )
            losses["sal"] = share * (self._saliency(a, he) + self._saliency(muse, b))
        losses["total"] = torch.stack(list(losses.values())).sum()
        return losses, (he.detach(), muse.detach())

    def _tell_apart(self, sample: Sample, fakes: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """The losses of the discriminators, whose gradients are added to those that wait."""
        losses = {}
        real = (sample["b"], sample["a"])
        for number, name in enumerate(("D_A", "D_B")):
            judge = self._judge[number]
            self._judges[number].requires_grad_(True)
            shown = self._pools[number].exchange(fakes[number])
            with precision(self._settings, self._team.device):
                of_real, of_fake = judge(real[number]), judge(shown)
            losses[name] = discriminator_loss(of_real.float(), of_fake.float())
            self._judging[number].backward(losses[name])
        return losses

    def _parts(self) -> dict[str, Any]:
        """All that has the same state in each process, by name."""
        parts = {
            "painting": self._painting,
            **{f"generator_{i}": network for i, network in enumerate(self._generators)},
            **{f"discriminator_{i}": network for i, network in enumerate(self._judges)},
            **{f"judging_{i}": optimiser for i, optimiser in enumerate(self._judging)},
        }
        return parts | ({"average": self._average} if self._average else {})


def _new_judge(seed: int, device: torch.device) -> nn.Module:
    network = DISCRIMINATORS["patchgan"]()
    initialise(network, torch.Generator().manual_seed(seed))
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _add(total: dict[str, Tensor], losses: Mapping[str, Tensor], count: int) -> None:
    for name, value in losses.items():
        total[name] = total[name] + value.detach() / count
