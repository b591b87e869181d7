"""The models command as a person runs it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from cyclegan.errors import ModelError
from cyclegan.models import bundled, package
from scripts.models import models
from tests.cyclegan.arrays import noise
from tests.cyclegan.generators import random_generator

Run = Callable[..., subprocess.CompletedProcess[str]]
SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "models.py"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("COLORMAPPER_")}
        return subprocess.run(
            [sys.executable, str(SCRIPT), *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**clean, "COLORMAPPER_DATA_DIR": str(tmp_path / "data"), **environment},
            check=False,
        )

    return call


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "latest_net_G_A.pth"
    torch.save(random_generator().state_dict(), path)
    return path


def test_a_checkpoint_is_imported_listed_verified_and_calibrated(
    run: Run, weights: Path, tmp_path: Path
) -> None:
    options = ("--architecture", "ganilla", "--name", "kidney", "--spacing-um", "0.5")
    done = run("import", weights, *options)
    assert done.returncode == 0, done.stderr
    assert re.search("kidney .* reach 189 px .* no statistics of its own", run("list").stdout)
    done = run("verify", "kidney")
    assert (done.returncode, done.stdout[:27]) == (0, "kidney answers as recorded,")
    (tmp_path / "slides").mkdir()
    for seed in (1, 2):
        Image.fromarray(noise(50, 60, seed=seed)).save(tmp_path / "slides" / f"{seed}.png")
    done = run("calibrate", "kidney", tmp_path / "slides", "--device", "cpu")
    assert (done.returncode, done.stderr) == (0, "")
    assert "kidney keeps statistics of 2 images (0.006 of 0.006 megapixels)" in done.stdout
    assert "statistics of 2 images" in run("list").stdout


def test_a_package_is_told_what_colours_it_was_trained_on(
    run: Run, weights: Path, tmp_path: Path
) -> None:
    run("import", weights, "--architecture", "ganilla", "--name", "kidney")
    assert "does not tell what colours" in run("verify", "kidney").stdout
    done = run("colours", "kidney")
    assert (done.returncode, "does not say how it was trained" in done.stderr) == (1, True)
    (tmp_path / "slides").mkdir()
    for seed in (1, 2):
        Image.fromarray(noise(150, 160, seed=seed)).save(tmp_path / "slides" / f"{seed}.png")
    done = run("colours", "kidney", tmp_path / "slides")
    assert (done.returncode, done.stderr) == (0, "")
    assert "kidney tells what colours it knows, by 1000 pictures" in done.stdout
    assert "it tells what colours it knows" in run("verify", "kidney").stdout


def test_models_go_where_they_are_told_to(run: Run, weights: Path, tmp_path: Path) -> None:
    options = ("--architecture", "ganilla", "--name", "a", "--models-dir", tmp_path / "mine")
    assert run("import", weights, *options).returncode == 0
    assert run("verify", tmp_path / "mine" / "a").returncode == 0
    assert not (tmp_path / "data").exists()


def test_models_lie_in_the_folder_that_the_environment_names(
    run: Run, weights: Path, tmp_path: Path
) -> None:
    there = {"COLORMAPPER_MODELS_DIR": str(tmp_path / "there")}
    run("import", weights, "--architecture", "ganilla", "--name", "a", **there)
    assert (tmp_path / "there" / "a" / "rdf.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("import", "no.pth", "--architecture", "ganilla", "--name", "a"), "no.pth cannot be read"),
        (("import", "bad.pth", "--architecture", "ganilla", "--name", "a"), "cut short"),
        (
            ("import", "bad.pth", "--architecture", "pix2pix", "--name", "a"),
            "architecture 'pix2pix'",
        ),
        (("import", "bad.pth", "--architecture", "ganilla", "--name", "../a"), "cannot be named"),
        (("verify", "liver"), "there is no model 'liver'"),
        (("verify", "identity"), "part of the program"),
        (("calibrate", "identity", "bad.pth"), "part of the program"),
    ],
)
def test_a_fault_is_one_line_without_a_trace(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], fault: str
) -> None:
    (tmp_path / "bad.pth").write_bytes(b"no weights")
    done = run(*arguments)
    assert done.returncode == 1
    assert fault in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_models_folder_that_cannot_be_made_is_one_line(
    run: Run, weights: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    options = ("--architecture", "ganilla", "--name", "a", "--models-dir", tmp_path / "file" / "in")
    done = run("import", weights, *options)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_the_list_has_the_models_of_the_program(run: Run) -> None:
    *models, default = run("list").stdout.splitlines()
    listed = [line.split()[0] for line in models]
    assert listed == ["colour-mapping", "identity", *bundled.names()]
    assert default == "default: muse2he"


def keep(folder: Path) -> None:
    """A small package."""
    network = random_generator(width=4)
    package.save(folder, network, architecture="ganilla", title="Kidney", description="")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command within this process, which is quicker."""
    monkeypatch.setenv("COLORMAPPER_DATA_DIR", str(tmp_path / "data"))
    return lambda *arguments: CliRunner().invoke(models, arguments)


def test_a_model_is_promoted_and_gone_back_on(call: Callable[..., Result], tmp_path: Path) -> None:
    keep(tmp_path / "data" / "models" / "kidney")
    assert call("list").output.endswith(f"default: {bundled.default_model()}\n")
    assert "kidney is the default now" in call("promote", "kidney").output
    assert "colour-mapping is the default now" in call("promote", "colour-mapping").output
    assert call("list").output.endswith("default: colour-mapping\n")
    assert "kidney is the default now" in call("promote", "--back").output
    assert f"{bundled.default_model()} is the default now" in call("promote", "--back").output
    assert "there is nothing to go back to" in str(call("promote", "--back").exception)


def test_a_damaged_hidden_or_unknown_model_is_not_promoted(
    call: Callable[..., Result], tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "models" / "kidney"
    keep(folder)
    (folder / "test-input.npy").write_bytes(b"")
    for name in ("kidney", "identity", "liver"):
        assert isinstance(call("promote", name).exception, ModelError)
    assert call("list").output.endswith(f"default: {bundled.default_model()}\n")
