"""The translate command as a person runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.cyclegan.arrays import noise

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "scripts" / "translate.py"), *map(str, arguments)]
        environment = {**os.environ, "COLORMAPPER_DATA_DIR": str(tmp_path / "data")}
        return subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )

    return call


def test_a_folder_becomes_a_folder_of_results(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pixels = {name: noise(40, 51, seed) for seed, name in enumerate(("a.png", "b.png"))}
    for name, content in pixels.items():
        Image.fromarray(content).save(tmp_path / "in" / name)
    done = run("in", "--out", "out", "--model", "identity", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    for name, content in pixels.items():
        result = tifffile.imread(tmp_path / "out" / name.replace(".png", "-he.tif"), key=0)
        np.testing.assert_array_equal(result, content)


def test_a_bad_file_is_named_and_the_rest_go_on(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no image")
    Image.fromarray(noise(9, 9)).save(tmp_path / "good.png")
    done = run("bad.png", "good.png", "--out", "out", "--model", "identity")
    assert done.returncode == 1
    assert "bad.png: " in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["good-he.tif"]


def test_the_result_says_how_it_was_made(run: Run, tmp_path: Path) -> None:
    Image.fromarray(noise(30, 20)).save(tmp_path / "a.png")
    done = run("a.png", "--out", "a.tif", "--blend", "crop", "--tile", "64")
    assert done.returncode == 0, done.stderr
    with tifffile.TiffFile(tmp_path / "a.tif") as result:
        record = json.loads(result.pages.first.description)
    assert record["model"] == "colour-mapping"
    assert (record["blend"], record["tile"]) == ("crop", 64)
    assert len(record["input_sha256"]) == 64


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.png", "--out", "b.tif", "--model", "none"], "choose one of"),
        (["a.png", "--out", "b.tif", "--blend", "mix"], "average"),
        (["a.png", "--out", "b.tif", "--tile", "0"], "tile of 0 px"),
        (["missing.png", "--out", "b.tif"], "does not exist"),
        (["a.png"], "--out"),
    ],
)
def test_a_wrong_call_is_explained(
    run: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    Image.fromarray(noise(9, 9)).save(tmp_path / "a.png")
    done = run(*arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert not (tmp_path / "b.tif").exists()
