"""From verdicts in the real service to a training that begins, and a model that is promoted."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import click
import pytest
import requests
import yaml
from click.testing import CliRunner, Result
from PIL import Image

from app.sample import is_held_out
from cyclegan.models import package
from scripts.collect_reviewed import main as collect_reviewed
from scripts.models import models
from scripts.train import main as train
from tests.cyclegan.generators import random_generator
from tests.cyclegan.train.tiny import document, make_images
from tests.running import Running, noise, png

SIZE = (96, 112)
"""(height, width) of all that is sent."""
LOWER_HALF = {"kind": "rectangle", "y": 48, "x": 0, "height": 48, "width": 112}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("lab") / "data")
    small = random_generator("unet", width=8)
    package.save(
        running.data / "models" / "small",
        small,
        architecture="unet",
        title="Small model",
        description="Small.",
        view="dyes",
        spacing_um=0.5,
    )
    yield running
    running.kill()


def image(*, held_out: bool, first: int) -> bytes:
    """An image that is held out, or not, because of its bytes."""
    for seed in count(first):
        made = png(noise(*SIZE, seed=seed))
        if is_held_out(hashlib.sha256(made).hexdigest()) == held_out:
            return made
    raise AssertionError


def reviewed(lab: Running, made: bytes, verdict: str, **said: Any) -> str:
    """The id of a job whose result got its verdict over the API."""
    job = lab.submit(made)
    assert lab.finish(job)["state"] == "done"
    review = {"verdict": verdict, "version": 0, **said}
    answer = requests.post(f"{lab.url}/api/v1/jobs/{job}/reviews", json=review, timeout=60)
    assert answer.status_code == 201, answer.text
    return job


def run(lab: Running, command: click.Command, *arguments: object) -> Result:
    """A command of ours beside the running service, in this process: torch is loaded once."""
    environ = {key: value for key, value in lab.environ.items() if key.startswith("COLORMAPPER_")}
    return CliRunner().invoke(command, [str(argument) for argument in arguments], env=environ)


@pytest.fixture
def handlers() -> Iterator[None]:
    """What signals did before is what they do afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def default_of(lab: Running) -> list[str]:
    """What the running service takes where nobody chose a model."""
    models = requests.get(f"{lab.url}/api/v1/models", timeout=60).json()["models"]
    return [model["name"] for model in models if model["is_default"]]


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


@pytest.mark.usefixtures("handlers")
def test_what_people_accepted_is_trained_on_and_promoted_only_when_told(lab: Running) -> None:
    before = default_of(lab)
    kept, held = image(held_out=False, first=0), image(held_out=True, first=0)
    cut, refused = image(held_out=False, first=100), image(held_out=False, first=200)
    reviewed(lab, kept, "accept", tissue="Kidney")
    reviewed(lab, held, "accept")
    deleted = reviewed(lab, image(held_out=False, first=300), "accept")
    reviewed(lab, cut, "accept", regions=[{"shape": LOWER_HALF}])
    reviewed(lab, refused, "reject")
    out, base = lab.data.parent / "set", lab.data.parent / "base.yaml"
    base.write_text(yaml.safe_dump(document(make_images(lab.data.parent / "old"), "cyclegan")))
    options = ("--out", out, "--base", base, "--model", "small")

    done = run(lab, collect_reviewed, *options)
    assert done.exit_code == 0, done.output
    manifest = json.loads((out / "manifest.json").read_text())
    assert len(manifest["training"]) == 3
    assert [one["sha256"] for one in manifest["held_out"]] == [sha256(held)]
    first = files(out)
    assert run(lab, collect_reviewed, *options).exit_code == 0
    assert files(out) == first

    requests.delete(f"{lab.url}/api/v1/jobs/{deleted}", timeout=60).raise_for_status()
    assert run(lab, collect_reviewed, *options).exit_code == 0
    manifest = json.loads((out / "manifest.json").read_text())
    by_content = {one["sha256"]: one for one in manifest["training"]}
    assert by_content.keys() == {sha256(kept), sha256(cut)}
    (whole,) = by_content[sha256(kept)]["files"]
    assert (out / whole["path"]).read_bytes() == kept
    (part,) = by_content[sha256(cut)]["files"]
    assert height_of(out / part["path"]) == 48

    config = yaml.safe_load((out / "retrain.yaml").read_text())
    assert config["data"]["train_a"][0]["share"] == 0.5
    assert config["warm_start"] == str(lab.data / "models" / "small")
    trained = run(lab, train, out / "retrain.yaml", "--run", lab.data.parent / "run")
    assert trained.exit_code == 0, trained.output
    assert default_of(lab) == before

    made = Path(trained.stdout.strip())
    made.rename(lab.data / "models" / made.name)
    promoted = run(lab, models, "promote", made.name)
    assert promoted.exit_code == 0, promoted.output
    assert default_of(lab) == ["small-reviewed"]
    assert run(lab, models, "promote", "--back").exit_code == 0
    assert default_of(lab) == before


def sha256(made: bytes) -> str:
    return hashlib.sha256(made).hexdigest()


def height_of(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.height


def test_a_folder_that_is_something_else_is_left_alone(lab: Running, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    base = write_base(tmp_path, "cyclegan")
    done = run(lab, collect_reviewed, "--out", tmp_path, "--base", base)
    assert done.exit_code == 1
    assert "holds something else than a retraining set" in done.stderr
    assert (tmp_path / "thesis.txt").exists()


def test_a_base_that_cannot_learn_from_reviews_is_named_with_its_cure(
    lab: Running, tmp_path: Path
) -> None:
    done = run(lab, collect_reviewed, "--base", write_base(tmp_path, "paired"))
    assert done.exit_code == 1
    assert "retraining is unpaired (task: cyclegan): copy configs/train.yaml" in done.stderr


def write_base(folder: Path, task: str) -> Path:
    path = folder / "base.yaml"
    path.write_text(yaml.safe_dump(document(None, task)))
    return path


def test_a_folder_without_a_service_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORMAPPER_DATA_DIR", str(tmp_path))
    done = CliRunner().invoke(collect_reviewed)
    assert done.exit_code == 1
    assert "there is no service's database in the data folder" in done.stderr
