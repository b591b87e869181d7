"""Training from settings to a model package, in a run folder that holds everything of it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import torch
from torch.utils.data import default_collate

from cyclegan.device import choose_device
from cyclegan.errors import SettingsError
from cyclegan.models.card import DESCRIPTOR, ModelCard
from cyclegan.train import checkpoint
from cyclegan.train.course import CHECKPOINTS, SHOWN, Course, Observer
from cyclegan.train.data import Data, batches, held_out_sample, open_data
from cyclegan.train.export import export
from cyclegan.train.run_folder import open_run
from cyclegan.train.settings import TrainSettings
from cyclegan.train.tasks import TASKS
from cyclegan.train.tasks.learner import Sample
from cyclegan.train.team import Team, joined

PLACE = ("device", "threads", "workers")
PACE = ("log_every", "save_every", "show_every")
WORDS = ("title", "description", "trained_on", "sources", "limits")
MAY_DIFFER = (*PLACE, *PACE, "cyclegan.keep_reverse", *(f"model.{name}" for name in WORDS))
"""Settings of which a run may go on with others: they do not change what it learns."""


def train(
    settings: TrainSettings, folder: Path, *, resume: bool = False, observer: Observer | None = None
) -> ModelCard | None:
    """Train into a run folder, or go on with what is in it, and leave a model package there.

    Returns its card, or None in processes of a team that do not lead it.
    The same settings give the same weights on the same processor with as many threads, undisturbed
    or resumed. Raises SettingsError, TrainingError, Cancelled after a checkpoint, and OSError.
    """
    _require_package(settings.warm_start)
    with ExitStack() as stack:
        if settings.threads:
            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(settings.threads)
        team = stack.enter_context(joined(choose_device(settings.device)))
        if team.leads:
            # A run that has not got anywhere, for want of its images say, may be put right.
            has_learned = checkpoint.is_in(folder / CHECKPOINTS)
            may_differ = MAY_DIFFER if has_learned else tuple(TrainSettings.model_fields)
            stack.enter_context(open_run(folder, settings, resume=resume, may_differ=may_differ))
        team.wait()
        data = stack.enter_context(open_data(settings))
        state = checkpoint.load_latest(folder / CHECKPOINTS)
        first = state["step"] if state else 0
        learner = TASKS[settings.task](settings, team, data.training)
        held_out = _held_out(data, team) if team.leads else None
        shown = held_out or (_of_training(data, team) if team.leads else None)
        course = Course(
            settings,
            folder,
            learner,
            team,
            held_out=held_out,
            shown=shown,
            observer=observer or Observer(),
            first=first,
        )
        stack.callback(course.close)
        if state:
            course.load(state)
        course.run(batches(data.training, settings, first=first, rank=team.rank, size=team.size))
        if not team.leads:
            return None
        return export(settings, folder, learner, data, held_out=held_out)


def _require_package(folder: Path | None) -> None:
    """Refuse a warm start that is not there before minutes are spent on opening images.

    The settings cannot look: packages keep them for long after that folder has gone.
    """
    if folder is not None and not (folder / DESCRIPTOR).is_file():
        raise SettingsError(
            f"warm_start: {folder.name} is not the folder of a model, as there is no {DESCRIPTOR} "
            "in it; name one such as runs/NAME/package/NAME, relative to the folder in which the "
            "training is started"
        )


def _held_out(data: Data, team: Team) -> Sample | None:
    sample = held_out_sample(data)
    return sample and {name: team.moved(images) for name, images in sample.items()}


def _of_training(data: Data, team: Team) -> Sample:
    """Some that are learned from, where none is held out."""
    samples = [data.training[index] for index in range(SHOWN)]
    return {name: team.moved(default_collate([one[name] for one in samples])) for name in "ab"}
