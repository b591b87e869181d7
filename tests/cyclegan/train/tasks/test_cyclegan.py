"""Training on pictures that belong to no pairs."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.engines.tensors import to_pixels
from cyclegan.errors import TrainingError
from cyclegan.models.answer import answer
from cyclegan.models.card import ModelCard
from cyclegan.models.package import load, load_statistics, save
from cyclegan.train import shared_norm
from cyclegan.train.saliency import fitted
from cyclegan.train.settings import TrainSettings
from cyclegan.train.tasks import TASKS, Learner
from cyclegan.train.tasks.cyclegan import CycleGan
from cyclegan.train.tasks.learner import Sample, new_generator
from cyclegan.train.team import Team
from tests.cyclegan.generators import random_generator, statistics_of
from tests.cyclegan.train.tiny import differences, settings_for

State = dict[str, Any]

JUDGES = ("discriminator_0", "discriminator_1")
ALONE = Team(torch.device("cpu"))
NAMES = {"G_A", "G_B", "cycle_A", "cycle_B", "idt_A", "idt_B", "sal", "total", "D_A", "D_B"}


def given(**wanted: Any) -> TrainSettings:
    more: dict[str, Any] = {n: wanted.pop(n) for n in ("average", "model") if n in wanted}
    settings = settings_for(None, "cyclegan", epochs=9, cyclegan=wanted)
    return settings.model_copy(update=more)


def pictures(seed: int = 0) -> Sample:
    """Two of each kind, blotches bright on dark and dark on bright."""
    chance = torch.Generator().manual_seed(seed)
    coarse = torch.rand(4, 3, 4, 4, generator=chance) ** 3 * 2 - 1
    smooth = torch.nn.functional.interpolate(coarse, size=(32, 32), mode="bilinear")
    return {"a": smooth[:2], "b": -smooth[2:]}


def learner(settings: TrainSettings) -> CycleGan:
    sample = pictures()
    saliency = fitted("brightness", sample["a"], sample["b"], source_is_bright=True, slope=2.0)
    return CycleGan(settings, ALONE, saliency=saliency)


@pytest.fixture(scope="module")
def first_step() -> tuple[State, State]:
    """The states before and after a step."""
    one = learner(given())
    before = deepcopy(one.state_dict())
    one.step([pictures()], 0)
    return before, one.state_dict()


def painters(learner: CycleGan) -> list[Tensor]:
    """The weights of both generators, each in one row."""
    state = learner.state_dict()
    weights = [state[f"generator_{number}"] for number in (0, 1)]
    return [torch.cat([v.flatten().float() for v in one.values()]) for one in weights]


def test_every_loss_is_told_by_the_name_that_the_public_project_gave_it() -> None:
    losses = learner(given()).step([pictures()], 0)
    assert losses.keys() == NAMES
    parts = sum(losses[name] for name in NAMES - {"total", "D_A", "D_B"})
    assert losses["total"] == pytest.approx(parts, rel=1e-5)


def test_saliency_reaches_both_generators() -> None:
    with_it, without = (
        learner(given(cycle_a=0, cycle_b=0, identity=0, saliency={"weight": weight}))
        for weight in (50.0, 0.0)
    )
    for one in (with_it, without):
        one.step([pictures()], 0)
    for weights, others in zip(painters(with_it), painters(without), strict=True):
        assert (weights - others).abs().max() > 1e-4


def test_the_weight_of_saliency_falls_with_the_pictures_seen() -> None:
    wanted = given(saliency={"decay_images": 10})
    first, later = (learner(wanted).step([pictures()], step)["sal"] for step in (0, 10))
    assert later == pytest.approx(first / 2.718281828, rel=1e-4)


@pytest.mark.parametrize("network", ["generator_0", "generator_1", *JUDGES])
def test_all_four_networks_learn(network: str, first_step: tuple[State, State]) -> None:
    before, after = (state[network] for state in first_step)
    weights = [name for name in before if name.endswith("weight")]
    assert weights
    assert [name for name in weights if torch.equal(before[name], after[name])] == []


@pytest.mark.parametrize(("number", "kind"), [(0, "a"), (1, "b")])
def test_running_statistics_are_those_of_the_real_pictures_that_a_generator_begins_with(
    number: int, kind: str
) -> None:
    settings, batches = given(), [pictures(0), pictures(1)]
    met = learner(settings)
    met.step(batches, 0)
    shown = new_generator(settings.model, seed=4 * settings.seed + number, device=ALONE.device)
    with torch.no_grad():
        for batch in batches:
            shown(batch[kind])
    kept = (met.weights(), met.way_back())[number][1]
    assert differences(kept, shared_norm.statistics_of(shown)) == []


def test_held_out_pictures_are_shown_there_and_back_and_nothing_is_learned() -> None:
    shown, other = learner(given()), learner(given())
    names = shown.show(pictures()).keys()
    assert names == {"input", "translation", "input again", "H&E", "H&E as MUSE", "H&E again"}
    assert shown.measure(pictures()).keys() == {"held_out_cycle"}
    for one in (shown, other):
        one.step([pictures()], 0)
    assert all(map(torch.equal, painters(shown), painters(other)))


@pytest.fixture
def package(tmp_path: Path) -> ModelCard:
    network = random_generator("unet", seed=4, width=8)
    return save(
        tmp_path / "earlier",
        network,
        architecture="unet",
        title="Earlier model",
        description="",
        view="dyes",
        statistics=statistics_of(network),
    )


def begun_with(package: ModelCard, **more: Any) -> Learner:
    settings = given(saliency={"weight": 0}, **more).model_copy(
        update={"warm_start": package.folder}
    )
    nothing: Dataset[dict[str, Tensor]] = Dataset()
    return TASKS["cyclegan"](settings, ALONE, nothing)


@pytest.mark.parametrize("average", [None, 0.99])
def test_a_warm_start_paints_as_the_package_does(package: ModelCard, average: float | None) -> None:
    begun = begun_with(package, average=average)
    sample = pictures()
    wanted = answer(load(package), to_pixels(sample["a"]), load_statistics(package))
    seen = {"a": torch.from_numpy(to_pixels(sample["a"])).permute(0, 3, 1, 2) / 127.5 - 1}
    met = begun.show({**seen, "b": sample["b"]})["translation"] * 127.5 + 127.5
    assert (met.permute(0, 2, 3, 1) - torch.from_numpy(wanted)).abs().max() < 0.01


def test_a_warm_start_needs_the_same_kind_of_network(package: ModelCard) -> None:
    other = given().model.model_copy(update={"width": 16})
    with pytest.raises(TrainingError, match="unet of width 8 that sees dyes"):
        begun_with(package, model=other)
