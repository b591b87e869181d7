"""Trainings that take a moment: made images, and networks that are as small as they can be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from cyclegan.errors import Cancelled
from cyclegan.phantom import grow
from cyclegan.simulate import expose
from cyclegan.train import checkpoint
from cyclegan.train.course import CHECKPOINTS, Observer
from cyclegan.train.settings import TrainSettings
from cyclegan.train.trainer import train
from tests.cyclegan.images.pictures import save

MODEL = {
    "name": "tiny",
    "title": "Tiny model",
    "description": "Does little.",
    "architecture": "unet",
    "width": 8,
    "spacing_um": 0.5,
}


def make_images(folder: Path) -> Path:
    """A folder with an image of MUSE and of H&E to train on, and of each to measure on."""
    for seed, half in enumerate(("train", "test")):
        tissue = grow(96, 112, seed=seed)
        seen = expose(tissue.nuclear, tissue.counterstain)
        for side, pixels in (("A", seen.muse), ("B", seen.he)):
            (folder / f"{half}{side}").mkdir(parents=True)
            save(folder / f"{half}{side}" / "made.png", pixels)
    return folder


def document(images: Path | None, task: str, **given: Any) -> dict[str, Any]:
    """What a YAML file says of six short steps, in the last three of which statistics are fixed.

    `images` is such a folder; None where no image is needed.
    """
    grey = task == "colorize"
    return {
        "task": task,
        "model": {**MODEL, "input": "invert-grey" if grey else "dyes"},
        "data": {
            "folder": images and str(images),
            "spacing_um": 0.5,
            "rigs": 2 if task == "paired" else 0,
        },
        "crop_px": 32,
        "batch": 1,
        "epoch_steps": 3,
        "epochs": 1,
        "epochs_decay": 1,
        "frozen_share": 0.5,
        "threads": 1,
        "workers": 0,
        "log_every": 1,
        "save_every": 2,
        "show_every": 4,
        **given,
    }


def settings_for(images: Path | None, task: str, **given: Any) -> TrainSettings:
    """The settings that such a file has."""
    return TrainSettings.model_validate(document(images, task, **given))


def state_after(
    steps: int, settings: TrainSettings, folder: Path, *, resume: bool = False
) -> Mapping[str, Any]:
    """The checkpoint of a training that is stopped after so many steps."""
    done = [0]

    def on_step(step: int) -> None:
        done[0] = step

    observer = Observer(on_step=on_step, cancelled=lambda: done[0] == steps)
    with pytest.raises(Cancelled, match=f"Stopped after {steps} of {settings.steps} steps"):
        train(settings, folder, resume=resume, observer=observer)
    state = checkpoint.load_latest(folder / CHECKPOINTS)
    assert state
    return state


def differences(one: object, other: object, place: str = "state") -> list[str]:
    """Where two nested states differ in a single bit."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return [] if torch.equal(one, other) else [place]
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        parts = [differences(one[key], other[key], f"{place}.{key}") for key in one]
        return [found for part in parts for found in part]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        parts = [differences(a, b, f"{place}.{number}") for number, (a, b) in pairs]
        return [found for part in parts for found in part]
    return [] if one == other else [place]
