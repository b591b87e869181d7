"""Processes that train together, as torchrun starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from cyclegan.train import checkpoint, journal
from cyclegan.train.run_folder import ROOT
from cyclegan.train.tasks.supervised import Supervised
from cyclegan.train.team import Team
from cyclegan.train.trainer import train
from tests.cyclegan.train.tiny import (
    differences,
    document,
    make_images,
    settings_for,
)

RUNS: dict[str, dict[str, Any]] = {
    # Batches have statistics of their own, which differ from process to process.
    "cyclegan": {"average": 0.9, "accumulate": 2, "epoch_steps": 2},
    # None has: then it does not matter who sees which picture.
    "colorize": {"frozen_share": 0.99, "learning_rate": 1e-4},
}

LONG_S = 300


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def team(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs by two processes."""
    folder = tmp_path_factory.mktemp("team")
    configs = [folder / f"{task}.yaml" for task in RUNS]
    for config in configs:
        content = document(images, config.stem, **RUNS[config.stem])
        config.write_text(yaml.safe_dump(content))
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run(
        [sys.executable, "-m", *launcher, "-m", "tests.cyclegan.train.together", *configs],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
        timeout=LONG_S,
    )
    return folder


def learner(team: Path, task: str, rank: int) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(team / task / f"learner-{rank}.pt", weights_only=True)
    return state


@pytest.mark.parametrize("task", RUNS)
def test_all_processes_have_the_same_networks_averages_and_optimisers(
    team: Path, task: str
) -> None:
    one, other = (learner(team, task, rank) for rank in (0, 1))
    one.pop("pools", None)
    other.pop("pools", None)
    assert differences(one, other) == []


def test_they_write_one_run_folder(team: Path) -> None:
    folder = team / "cyclegan"
    assert len((folder / "loss_log.txt").read_text().splitlines()) == 1 + 4
    assert len(journal.read(folder / "starts.jsonl")) == 1
    assert (folder / "index.html").exists()


def test_the_pool_of_each_is_kept(team: Path) -> None:
    state = checkpoint.load_latest(team / "cyclegan" / "checkpoints")
    assert state
    pools = state["learner"]["pools"]
    assert len(pools) == 2
    assert differences(pools[0], pools[1]) != []


def test_two_processes_learn_what_one_does_from_two_batches_at_once(
    team: Path, images: Path, tmp_path: Path
) -> None:
    settings = settings_for(images, "colorize", accumulate=2, **RUNS["colorize"])
    train(settings, tmp_path)
    alone = generator_in(tmp_path)
    begun = Supervised(settings, Team(torch.device("cpu"))).state_dict()["generator"]
    met, learned = farthest(alone, generator_in(team / "colorize")), farthest(alone, begun)
    assert met < 0.01 * learned


def generator_in(folder: Path) -> Mapping[str, Tensor]:
    state = checkpoint.load_latest(folder / "checkpoints")
    assert state
    weights: Mapping[str, Tensor] = state["learner"]["generator"]
    return weights


def farthest(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> float:
    return max(float((one[name].float() - other[name].float()).abs().max()) for name in one)
