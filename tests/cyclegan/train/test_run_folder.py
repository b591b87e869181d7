"""One folder, one training, one set of settings."""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from cyclegan import __version__
from cyclegan.errors import TrainingError
from cyclegan.train import journal
from cyclegan.train.run_folder import STARTS, code_of, commit, open_run
from cyclegan.train.settings import DataSettings

ROOT = Path(__file__).resolve().parents[3]


class Data(BaseModel):
    folder: Path = Path("pictures")
    scales: tuple[float, ...] = (1.0, 0.5)


class Settings(BaseModel):
    learning_rate: float = 1e-5
    device: str = "cpu"
    data: Data = Data()


class Seeded(BaseModel):
    seed: int = 0


def begin(folder: Path, settings: BaseModel | None = None) -> None:
    with open_run(folder, settings or Settings(), resume=False):
        pass


def go_on(folder: Path, settings: BaseModel, *may_differ: str) -> None:
    with open_run(folder, settings, resume=True, may_differ=may_differ):
        pass


def test_a_new_folder_holds_the_settings(tmp_path: Path) -> None:
    begin(tmp_path / "models" / "run")
    stored = yaml.safe_load((tmp_path / "models" / "run" / "settings.yaml").read_text())
    assert stored == Settings().model_dump(mode="json")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TrainingError, match=r"run folder .*run cannot be made: Not a dir"):
        begin(tmp_path / "file" / "run")


def test_a_folder_into_which_tensorboard_cannot_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"na\xefve")
    with pytest.raises(TrainingError, match="has a name that is not UTF-8"):
        begin(folder)
    assert not folder.exists()


def test_every_start_is_kept_with_the_code_that_ran(tmp_path: Path) -> None:
    begin(tmp_path / "run")
    go_on(tmp_path / "run", Settings())
    lines = (tmp_path / "run" / "starts.jsonl").read_text().splitlines()
    starts = [json.loads(line) for line in lines]
    assert [(start["color_mapper"], start["python"]) for start in starts] == [
        (__version__, platform.python_version())
    ] * 2


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    begin(tmp_path)
    assert (tmp_path / "settings.yaml").exists()


def test_a_training_is_not_begun_in_the_folder_of_another(tmp_path: Path) -> None:
    begin(tmp_path)
    with pytest.raises(TrainingError, match=r"holds a training already.*--resume"):
        begin(tmp_path, Settings(learning_rate=1.0))
    go_on(tmp_path, Settings())


def test_a_training_is_not_begun_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(TrainingError, match=r"other files \(thesis.docx\)"):
        begin(tmp_path)


def test_what_was_never_begun_is_not_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="leave --resume out"):
        go_on(tmp_path / "run", Settings())
    assert not (tmp_path / "run").exists()


def test_changed_settings_are_refused_with_each_of_their_differences(tmp_path: Path) -> None:
    begin(tmp_path)
    changed = Settings(learning_rate=2e-4, data=Data(scales=(1.0, 0.25)))
    with pytest.raises(TrainingError) as refused:
        go_on(tmp_path, changed)
    assert str(refused.value).splitlines()[1:-1] == [
        "  data.scales.1: was 0.5, is 0.25",
        "  learning_rate: was 1e-05, is 0.0002",
    ]
    go_on(tmp_path, Settings())


class Later(Settings):
    """Those of a later version, in which one came."""

    momentum: float = 0.9


def test_a_run_goes_on_with_the_default_of_a_setting_that_came_since(tmp_path: Path) -> None:
    begin(tmp_path)
    go_on(tmp_path, Later())
    assert "momentum: 0.9" in (tmp_path / "settings.yaml").read_text()


def test_a_setting_that_came_since_is_refused_with_another_value(tmp_path: Path) -> None:
    begin(tmp_path)
    with pytest.raises(TrainingError, match=r"momentum: was 0\.9, is 0\.5"):
        go_on(tmp_path, Later(momentum=0.5))


@pytest.mark.parametrize("extra", ["ignore", "forbid"])
def test_a_setting_that_went_is_refused(tmp_path: Path, extra: Literal["ignore", "forbid"]) -> None:
    class Earlier(BaseModel):
        model_config = ConfigDict(extra=extra)
        device: str = "cpu"
        data: Data = Data()

    begin(tmp_path)
    with pytest.raises(TrainingError, match="learning_rate: was 1e-05, is not set"):
        go_on(tmp_path, Earlier())


def test_images_that_came_into_the_folder_of_a_run_are_refused(tmp_path: Path) -> None:
    (tmp_path / "images" / "trainB").mkdir(parents=True)
    begin(tmp_path / "run", DataSettings(folder=tmp_path / "images"))
    (tmp_path / "images" / "testB").mkdir()
    with pytest.raises(TrainingError, match=r"test_b\.0\.path: was not set"):
        go_on(tmp_path / "run", DataSettings(folder=tmp_path / "images"))


def test_settings_that_may_differ_are_taken_over(tmp_path: Path) -> None:
    begin(tmp_path)
    changed = Settings(device="cuda", data=Data(folder=Path("moved")))
    go_on(tmp_path, changed, "device", "data")
    go_on(tmp_path, changed)


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    begin(tmp_path)
    (tmp_path / ".0123456789abcdef.part").write_bytes(b"half")
    go_on(tmp_path, Settings())
    assert not list(tmp_path.glob("*.part"))


def test_settings_that_somebody_broke_are_refused(tmp_path: Path) -> None:
    begin(tmp_path)
    (tmp_path / "settings.yaml").write_text("learning_rate: [1")
    with pytest.raises(TrainingError, match="must be as the training wrote it"):
        go_on(tmp_path, Settings())


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that trains in the folder `run`, with a worker that outlives it."""
    code = """
import os, time
from pathlib import Path
from pydantic import BaseModel
from cyclegan.train.run_folder import open_run
class Seeded(BaseModel):
    seed: int = 0
with open_run(Path("run"), Seeded(), resume=False):
    worker = os.fork()
    if not worker:
        os.close(1)
        time.sleep(60)
    print(worker, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        worker = int(process.stdout.readline())
        yield process
        process.kill()
    os.kill(worker, signal.SIGKILL)


def test_two_processes_never_train_in_one_folder(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    with pytest.raises(TrainingError, match=rf"trained in already \(process {other.pid}\)"):
        go_on(tmp_path / "run", Seeded())


def test_a_killed_training_holds_its_folder_no_longer_though_its_workers_live(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    other.kill()
    other.wait()
    go_on(tmp_path / "run", Seeded())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git checkout with one file."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    (tmp_path / "code.py").write_text("print(1)")
    for arguments in (["init", "-q"], ["add", "code.py"], [*identity, "commit", "-qm", "One"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return tmp_path


def test_the_commit_of_the_code_is_told_and_whether_files_differ_from_it(checkout: Path) -> None:
    named = commit(checkout)
    assert named is not None
    assert re.fullmatch("[0-9a-f]{40}", named)
    (checkout / "code.py").write_text("print(2)")
    assert commit(checkout) == f"{named}-dirty"


def test_code_inside_of_another_checkout_has_no_commit(checkout: Path) -> None:
    installed = checkout / "site-packages"
    installed.mkdir()
    assert commit(installed) is None


def test_a_run_that_a_later_version_went_on_with_names_both(tmp_path: Path) -> None:
    for name in ("a" * 40, "b" * 40, "c" * 40):
        journal.append(tmp_path / STARTS, {"commit": name})
    assert code_of(tmp_path).endswith(f"{'a' * 40} to {'c' * 40}")


def test_a_run_of_one_version_names_it_once(tmp_path: Path) -> None:
    for _ in range(2):
        journal.append(tmp_path / STARTS, {"commit": "a" * 40})
    assert code_of(tmp_path).endswith(f", {'a' * 40}")
