"""The training command as a person runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from cyclegan.train import checkpoint, journal
from scripts.train import main
from tests.cyclegan.train.tiny import document, make_images

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "train.py"
GUIDE = ROOT / "docs" / "training.md"
LONG_S = 120
QUICK: dict[str, Any] = {"paired": {"losses": {"l1": 1.0}}, "epoch_steps": 30}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Some dozen quick steps."""
    return write(tmp_path, document(make_images(tmp_path / "images"), "paired", **QUICK))


@pytest.fixture
def handlers() -> Iterator[None]:
    """What signals did before is what they do afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def write(folder: Path, content: object) -> Path:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def train(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.usefixtures("handlers")
def test_a_training_is_stopped_by_ctrl_c_and_gone_on_with_to_its_package(
    config: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(config), "--run", str(run)],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + LONG_S
    while not (run / "losses.jsonl").exists():
        assert time.monotonic() < end, "it does not begin"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LONG_S)
    assert (process.returncode, out) == (1, "")
    assert "of 60 steps; --resume goes on." in err
    done = train(config, "--run", run, "--resume")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{run / 'package' / 'tiny'}\n"
    assert "60 of 60 steps (100%)" in done.stderr
    assert "left | " in done.stderr
    assert [record["step"] for record in journal.read(run / "losses.jsonl")] == [*range(1, 61)]


def test_several_processes_are_started_as_documented_and_into_a_folder_that_is_named(
    tmp_path: Path,
) -> None:
    (line,) = [text for text in GUIDE.read_text().splitlines() if "bin/torchrun" in text]
    _, *options, script, _ = line.split()
    few = document(make_images(tmp_path / "images"), "colorize", epoch_steps=1)
    config = write(tmp_path, few)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", *options]
    done = subprocess.run(
        [*launcher, script, config, "--run", tmp_path / "run"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG_S,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'run' / 'package' / 'tiny'}\n"
    state = checkpoint.load_latest(tmp_path / "run" / "checkpoints")
    assert state
    assert state["processes"] == 2


@pytest.mark.usefixtures("handlers")
def test_the_folder_is_named_as_the_model_unless_another_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = write(tmp_path, document(None, "paired"))
    assert train(config).exit_code == 1
    assert (tmp_path / "runs" / "tiny" / "settings.yaml").exists()


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Error: the task paired needs images for data.train_b: name them there, or put"),
        ({"speed": 3}, "Error: mine.yaml: speed is not a setting; docs/training.md has them all"),
        ({"task": "dream"}, "Error: mine.yaml: task: "),
    ],
)
def test_what_is_wrong_is_one_sentence(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    config = write(tmp_path, document(None, "paired") | given)
    done = train(config, "--run", tmp_path / "run")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("handlers")
def test_a_folder_without_a_training_cannot_be_gone_on_with(tmp_path: Path) -> None:
    config = write(tmp_path, document(None, "paired"))
    done = train(config, "--run", tmp_path / "run", "--resume")
    assert done.exit_code == 1
    assert "there is no training in run to go on with" in done.stderr
