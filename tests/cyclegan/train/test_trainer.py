"""A training from its settings to the end, or to a kill and on from there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from cyclegan.errors import SettingsError, TrainingError
from cyclegan.models.package import save
from cyclegan.train import checkpoint, journal
from cyclegan.train.run_folder import ROOT
from cyclegan.train.settings import read_settings
from cyclegan.train.trainer import train
from tests.cyclegan.generators import random_generator
from tests.cyclegan.train.tiny import (
    differences,
    document,
    make_images,
    settings_for,
    state_after,
)

ALL_STATE = {
    "cyclegan": {"average": 0.9, "cyclegan": {"pool": 1}},
    "paired": {
        "average": 0.9,
        "paired": {"losses": {"l1": 1.0, "nuclei": 1.0}, "real": {"per_batch": 1}},
    },
    "colorize": {},
}
"""Settings by which each task has all the state that it can have."""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def killed(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of each task, killed after a step that no checkpoint is of."""
    folder = tmp_path_factory.mktemp("killed")
    configs = [folder / f"{task}.yaml" for task in ALL_STATE]
    for config in configs:
        task = config.stem
        # Pictures are prepared by a process of its own here, and by the training's own later.
        content = document(images, task, workers=1, **ALL_STATE[task])
        config.write_text(yaml.safe_dump(content))
    subprocess.run(
        [sys.executable, "-m", "tests.cyclegan.train.killed", *map(str, configs)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
    )
    return folder


def losses(folder: Path) -> list[object]:
    """What is logged of each interval but how long it took."""
    times = {"seconds", "data_seconds"}
    records = journal.read(folder / "losses.jsonl")
    return [{key: record[key] for key in record.keys() - times} for record in records]


@pytest.mark.parametrize("task", ALL_STATE)
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(
    task: str, images: Path, killed: Path, tmp_path: Path
) -> None:
    folder = killed / task
    settings = settings_for(images, task, **ALL_STATE[task])
    straight = state_after(5, settings, tmp_path / "straight")
    assert len(losses(folder)) == 3, "it was killed between two checkpoints"
    resumed = state_after(5, settings, folder, resume=True)
    assert differences(straight["learner"], resumed["learner"]) == []
    assert losses(folder) == losses(tmp_path / "straight")


def test_a_run_that_has_learned_goes_on_with_the_same_settings_only(
    images: Path, killed: Path
) -> None:
    changed = settings_for(images, "paired", learning_rate=0.5, **ALL_STATE["paired"])
    with pytest.raises(TrainingError, match=r"learning_rate: was 0\.0002, is 0\.5"):
        train(changed, killed / "paired", resume=True)


def test_a_run_without_images_is_refused_and_can_be_put_right(images: Path, tmp_path: Path) -> None:
    nowhere = settings_for(None, "colorize")
    with pytest.raises(SettingsError, match=r"needs images for data\.train_b: name them there"):
        train(nowhere, tmp_path / "run")
    state = state_after(1, settings_for(images, "colorize"), tmp_path / "run", resume=True)
    assert state["step"] == 1


def test_the_same_run_by_another_number_of_processes_is_refused(
    images: Path, killed: Path, tmp_path: Path
) -> None:
    settings = settings_for(images, "colorize")
    folder = tmp_path / "run"
    state = dict(state_after(1, settings, folder))
    checkpoint.save(folder / "checkpoints", {**state, "processes": 2}, state["step"])
    with pytest.raises(TrainingError, match="2 processes trained this together, and now"):
        train(settings, folder, resume=True)


def test_a_loss_that_is_no_number_stops_and_keeps_the_batch(images: Path, tmp_path: Path) -> None:
    absurd = settings_for(images, "colorize", learning_rate=1e30, accumulate=2)
    with pytest.raises(TrainingError, match="the loss is not finite"):
        train(absurd, tmp_path)
    kept = torch.load(tmp_path / "bad_batch.pt", weights_only=True)
    assert kept["batch"]["a"].shape == kept["batch"]["b"].shape == (2, 3, 32, 32)


@pytest.fixture
def unmeasured(images: Path, tmp_path: Path) -> Path:
    """A folder with images to train on alone."""
    folder = tmp_path / "unmeasured"
    folder.mkdir()
    for name in ("trainA", "trainB"):
        (folder / name).symlink_to(images / name)
    return folder


@pytest.mark.parametrize("task", ALL_STATE)
def test_without_held_out_images_pictures_of_the_training_are_shown_and_nothing_is_measured(
    task: str, unmeasured: Path, tmp_path: Path
) -> None:
    settings = settings_for(unmeasured, task, **{**ALL_STATE[task], "show_every": 2})
    state_after(2, settings, tmp_path / "run")
    (row,) = journal.read(tmp_path / "run" / "pictures.jsonl")
    assert row["step"] == 2
    last = journal.read(tmp_path / "run" / "losses.jsonl")[-1]["losses"]
    assert last
    assert [name for name in last if name.startswith("held_out")] == []


def test_without_held_out_images_a_collapse_is_told(unmeasured: Path, tmp_path: Path) -> None:
    blank = random_generator("unet", width=8)
    for weights in blank.parameters():
        weights.detach().zero_()
    save(
        tmp_path / "blank",
        blank,
        architecture="unet",
        title="Blank model",
        description="",
        view="invert-grey",
        statistics=None,
    )
    more = {"warm_start": tmp_path / "blank", "learning_rate": 1e-9, "show_every": 1}
    state_after(1, settings_for(unmeasured, "colorize", **more), tmp_path / "run")
    (warning,) = journal.read(tmp_path / "run" / "warnings.jsonl")
    assert "the translations are of one colour" in warning["message"]


@pytest.mark.parametrize("task", ["cyclegan", "paired"])
def test_showing_pictures_of_the_training_changes_nothing_that_is_learned(
    task: str, unmeasured: Path, tmp_path: Path
) -> None:
    states = []
    for every in (1, 100):
        torch.manual_seed(0)
        settings = settings_for(unmeasured, task, **{**ALL_STATE[task], "show_every": every})
        states.append(state_after(3, settings, tmp_path / str(every)))
    often, never = ({"learner": state["learner"], "rng": state["rng"]} for state in states)
    assert differences(often, never) == []


@pytest.mark.parametrize("named", ["nowhere", "unmeasured"])
def test_a_warm_start_that_is_no_package_is_refused_before_anything_starts(
    named: str, unmeasured: Path, tmp_path: Path
) -> None:
    settings = settings_for(unmeasured, "cyclegan", warm_start=tmp_path / named)
    with pytest.raises(SettingsError, match=rf"warm_start: {named} is not .* no rdf\.yaml"):
        train(settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_threads_of_a_run_are_not_those_of_what_comes_after(images: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    state_after(1, settings_for(images, "colorize", threads=before + 1), tmp_path)
    assert torch.get_num_threads() == before


def test_the_config_to_start_from_trains_on_a_folder_of_images(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "muse2he").symlink_to(images)
    monkeypatch.chdir(tmp_path)
    settings = read_settings(ROOT / "configs" / "train.yaml")
    narrow = {
        "model": settings.model.model_copy(update={"width": 8}),
        "crop_px": 64,
        "warm_up": 0,
        "workers": 0,
        "threads": 1,
    }
    state = state_after(1, settings.model_copy(update=narrow), tmp_path / "run")
    assert state["learner"].keys() >= {"average", "generator_0", "discriminator_1"}
