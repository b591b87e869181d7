"""A program that `torchrun` starts several times over: trainings of a team, but for their packages.

python -m tests.cyclegan.train.together CONFIG ...   the run folder is CONFIG without its ending;
each process leaves the state of its learner there as learner-RANK.pt
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import torch

from cyclegan.train.course import Course, Observer
from cyclegan.train.data import batches, open_data
from cyclegan.train.run_folder import open_run
from cyclegan.train.settings import TrainSettings, read_settings
from cyclegan.train.tasks import TASKS
from cyclegan.train.team import Team, joined


def run(settings: TrainSettings, folder: Path, team: Team) -> None:
    """All steps of a training."""
    with ExitStack() as stack:
        if team.leads:
            stack.enter_context(open_run(folder, settings, resume=False))
        team.wait()
        data = stack.enter_context(open_data(settings))
        learner = TASKS[settings.task](settings, team, data.training)
        course = Course(
            settings,
            folder,
            learner,
            team,
            held_out=None,
            shown=None,
            observer=Observer(),
            first=0,
        )
        stack.callback(course.close)
        course.run(batches(data.training, settings, first=0, rank=team.rank, size=team.size))
        torch.save(learner.state_dict(), folder / f"learner-{team.rank}.pt")


if __name__ == "__main__":
    torch.set_num_threads(1)
    with joined(torch.device("cpu")) as team:
        for config in map(Path, sys.argv[1:]):
            run(read_settings(config), config.with_suffix(""), team)
