"""Training on pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.models.package import load, load_statistics, save
from cyclegan.train.settings import TrainSettings
from cyclegan.train.tasks import TASKS
from cyclegan.train.tasks.learner import Sample
from cyclegan.train.tasks.supervised import Supervised
from cyclegan.train.team import Team
from tests.cyclegan.generators import random_generator, statistics_of
from tests.cyclegan.train.tiny import settings_for

ALONE = Team(torch.device("cpu"))
HUES = torch.tensor([0.8, -0.2, 0.5]).view(1, 3, 1, 1)


def given(**more: Any) -> TrainSettings:
    settings: dict[str, Any] = {
        "learning_rate": 2e-3,
        "paired": {"losses": {"l1": 1.0}},
        "epochs": 40,
    }
    return settings_for(None, "paired", **{**settings, **more})


def pairs(seed: int, count: int) -> Sample:
    """Smooth pictures and, as their truth, their brightness in one hue."""
    chance = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 4, 4, generator=chance) * 2 - 1
    a = torch.nn.functional.interpolate(coarse, size=(32, 32), mode="bilinear")
    return {"a": a, "b": a.mean(dim=1, keepdim=True) * HUES}


def weights(learner: Supervised) -> Tensor:
    """All that would be shipped, in one row."""
    return torch.cat([value.flatten() for value in learner.weights()[0].values()])


def test_what_is_easy_is_learned() -> None:
    learner = Supervised(given(), ALONE)
    losses = [learner.step([pairs(step, 4)], step)["l1"] for step in range(40)]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])


def test_every_loss_is_told_with_its_weighted_sum() -> None:
    wanted = {"l1": 1.0, "gradient": 0.5}
    losses = Supervised(given(paired={"losses": wanted}), ALONE).step([pairs(0, 2)], 0)
    assert losses.keys() == {"l1", "gradient", "total"}
    total = sum(weight * losses[name] for name, weight in wanted.items())
    assert abs(losses["total"] - total) < 1e-6


def test_batches_added_up_are_one_large_batch_once_statistics_are_fixed() -> None:
    added, large = (Supervised(given(batch=2, accumulate=n), ALONE) for n in (2, 1))
    for learner in (added, large):
        learner.freeze()
    whole = pairs(1, 4)
    halves = [{name: half[i] for name, half in split(whole).items()} for i in (0, 1)]
    told = added.step(halves, 0), large.step([whole], 0)
    assert abs(told[0]["l1"] - told[1]["l1"]) < 1e-6
    changed = (weights(added) - weights(Supervised(given(), ALONE))).abs().max()
    assert (weights(added) - weights(large)).abs().max() < 0.01 * changed


def split(sample: Sample) -> dict[str, tuple[Tensor, ...]]:
    return {name: torch.split(images, 2) for name, images in sample.items()}


def test_half_precision_learns_finite_weights_close_to_the_exact_ones() -> None:
    half, exact = (Supervised(given(precision=name), ALONE) for name in ("bfloat16", "float32"))
    for step in range(3):
        told = half.step([pairs(step, 2)], step), exact.step([pairs(step, 2)], step)
    assert abs(told[0]["l1"] - told[1]["l1"]) < 0.05 * told[1]["l1"]
    assert torch.isfinite(weights(half)).all()
    assert weights(half).dtype == torch.float32


def test_what_is_shipped_is_the_average() -> None:
    averaging, plain = Supervised(given(average=0.9), ALONE), Supervised(given(), ALONE)
    begun = weights(plain)
    for learner in (averaging, plain):
        learner.step([pairs(0, 2)], 0)
    # Of the first weights a tenth is left after one step.
    assert torch.allclose(weights(averaging), 0.1 * begun + 0.9 * weights(plain), atol=1e-6)


def test_fixed_statistics_change_no_more() -> None:
    learner = Supervised(given(), ALONE)
    learner.step([pairs(0, 2)], 0)
    learner.freeze()
    before = learner.weights()[1]
    learner.step([pairs(1, 2)], 1)
    after = learner.weights()[1]
    for name, (mean, variance) in before.items():
        assert torch.equal(mean, after[name][0])
        assert torch.equal(variance, after[name][1])


def test_showing_and_measuring_change_nothing() -> None:
    shown, other = Supervised(given(), ALONE), Supervised(given(), ALONE)
    shown.show(pairs(5, 2))
    measured = shown.measure(pairs(5, 3))
    assert measured.keys() == {"held_out_ssim", "held_out_mae"}
    for learner in (shown, other):
        learner.step([pairs(0, 2)], 0)
    assert torch.equal(weights(shown), weights(other))


def test_a_warm_start_begins_with_the_weights_and_statistics_of_the_package(tmp_path: Path) -> None:
    network = random_generator("unet", seed=4, width=8)
    package = save(
        tmp_path / "earlier",
        network,
        architecture="unet",
        title="Earlier model",
        description="",
        view="dyes",
        statistics=statistics_of(network),
    )
    settings = given().model_copy(update={"warm_start": package.folder})
    nothing: Dataset[dict[str, Tensor]] = Dataset()
    begun, statistics = TASKS["paired"](settings, ALONE, nothing).weights()
    wanted = load(package).state_dict()
    assert begun.keys() == wanted.keys()
    assert all(torch.equal(begun[name], wanted[name]) for name in wanted)
    kept = load_statistics(package)
    assert all(torch.equal(statistics[name][0], kept[name][0]) for name in kept)


def with_real(seed: int) -> Sample:
    return {**pairs(seed, 3), "real": pairs(seed + 1000, 2)["a"]}


def test_pictures_without_a_truth_are_asked_for_their_nuclei_alone() -> None:
    wanted = given(paired={"losses": {"l1": 1.0}, "real": {"structure": 2.0}})
    alone = Supervised(wanted, ALONE)
    alone.freeze()
    expected = alone.step([pairs(0, 3)], 0)
    beside = Supervised(wanted, ALONE)
    beside.freeze()
    losses = beside.step([with_real(0)], 0)
    assert losses.keys() == {"l1", "structure", "total"}
    assert abs(losses["l1"] - expected["l1"]) < 1e-5
    assert abs(losses["total"] - losses["l1"] - 2 * losses["structure"]) < 1e-5


def test_nuclei_come_to_lie_where_real_pictures_have_dye() -> None:
    learner = Supervised(given(paired={"losses": {"l1": 0.1}, "real": {"structure": 1.0}}), ALONE)
    losses = [learner.step([with_real(step)], step)["structure"] for step in range(40)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
