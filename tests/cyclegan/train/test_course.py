"""The steps of one process of a team, and what it leaves in the run folder."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from cyclegan.errors import TrainingError
from cyclegan.train.course import Course, Observer
from cyclegan.train.tasks.supervised import Supervised
from cyclegan.train.team import Team
from tests.cyclegan.train.tiny import settings_for


def test_the_second_process_of_a_team_keeps_a_bad_batch_under_a_name_of_its_own(
    tmp_path: Path,
) -> None:
    settings, team = settings_for(None, "colorize"), Team(torch.device("cpu"), rank=1)
    course = Course(
        settings,
        tmp_path,
        Supervised(settings, team),
        team,
        held_out=None,
        shown=None,
        observer=Observer(),
        first=0,
    )
    batch = {"a": torch.full((1, 3, 32, 32), math.nan), "b": torch.zeros(1, 3, 32, 32)}
    with pytest.raises(TrainingError, match=r"kept as bad_batch-1\.pt in the run folder"):
        course.run(iter([[batch]]))
    assert [path.name for path in tmp_path.iterdir()] == ["bad_batch-1.pt"]
