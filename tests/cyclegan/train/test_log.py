"""The losses of a training, in the files that people and programs read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing import event_accumulator  # type: ignore[import-untyped]

from cyclegan.train.log import RunLog


def run(log: RunLog, steps: range, *, interval: int = 2) -> None:
    """Steps whose loss is their number."""
    for step in steps:
        log.add({"D_A": float(step), "cycle_A": step / 100})
        if step % interval == 0:
            log.write(epoch=1, step=step, seconds=0.5, data_seconds=0.125)


def log_of(folder: Path, last: int) -> None:
    with closing(RunLog(folder, step=0)) as log:
        run(log, range(1, last + 1))


def losses_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "losses.jsonl").read_text().splitlines()]


def lines_of(folder: Path) -> list[str]:
    lines = (folder / "loss_log.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("====")]


def events_of(folder: Path, name: str) -> list[tuple[int, float]]:
    events = event_accumulator.EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(name)]


def test_every_loss_is_written_by_its_name_as_the_mean_of_an_interval(tmp_path: Path) -> None:
    log_of(tmp_path, 4)
    assert losses_of(tmp_path) == [
        {
            "step": 2,
            "epoch": 1,
            "seconds": 0.5,
            "data_seconds": 0.125,
            "losses": {"D_A": 1.5, "cycle_A": 0.015},
        },
        {
            "step": 4,
            "epoch": 1,
            "seconds": 0.5,
            "data_seconds": 0.125,
            "losses": {"D_A": 3.5, "cycle_A": 0.035},
        },
    ]


def test_the_text_is_that_of_the_public_cyclegan_project(tmp_path: Path) -> None:
    log_of(tmp_path, 2)
    header, line = (tmp_path / "loss_log.txt").read_text().splitlines()
    assert re.fullmatch(r"=+ Training Loss \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\) =+", header)
    assert line == "(epoch: 1, iters: 2, time: 0.500, data: 0.125) D_A: 1.500 cycle_A: 0.015"


def test_tensorboard_shows_every_loss(tmp_path: Path) -> None:
    log_of(tmp_path, 4)
    assert events_of(tmp_path, "D_A") == [(2, 1.5), (4, 3.5)]
    assert [step for step, _ in events_of(tmp_path, "cycle_A")] == [2, 4]


def test_a_loss_that_not_every_step_has_is_the_mean_of_those_that_have_it(tmp_path: Path) -> None:
    with closing(RunLog(tmp_path, step=0)) as log:
        log.add({"G": 1.0})
        log.add({"G": 3.0, "score": 8.0})
        means = log.write(epoch=1, step=2, seconds=1, data_seconds=0)
    assert means == {"G": 2.0, "score": 8.0}


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Path]:
    """The folder of a training that was killed at step 8, while it wrote, and resumed at step 5."""
    folder = tmp_path / "killed"
    folder.mkdir()
    log = RunLog(folder, step=0)
    run(log, range(1, 6))
    state = log.state_dict()
    run(log, range(6, 9))
    log.warn(4, "before the checkpoint")
    log.warn(7, "after the checkpoint")
    for name in ("loss_log.txt", "losses.jsonl"):
        with (folder / name).open("a") as file:
            file.write('(epoch: 1, iters: 10, {"step"')
    with closing(RunLog(folder, step=5)) as resumed:
        resumed.load_state_dict(state)
        run(resumed, range(6, 13))
    yield folder
    log.close()


def test_a_resumed_training_leaves_what_an_undisturbed_one_leaves(
    tmp_path: Path, killed: Path
) -> None:
    straight = tmp_path / "straight"
    straight.mkdir()
    log_of(straight, 12)
    assert losses_of(killed) == losses_of(straight)
    assert lines_of(killed) == lines_of(straight)
    assert events_of(killed, "D_A") == events_of(straight, "D_A")


def test_every_start_has_its_header(killed: Path) -> None:
    assert (killed / "loss_log.txt").read_text().count("Training Loss") == 2


def test_warnings_of_steps_that_are_done_anew_are_forgotten(killed: Path) -> None:
    lines = (killed / "warnings.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [{"step": 4, "message": "before the checkpoint"}]
