"""The translate command as a person runs it."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner, Result
from PIL import Image

from tests.cyclegan.arrays import noise

Run = Callable[..., subprocess.CompletedProcess[str]]
Call = Callable[..., Result]
ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "translate.py"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT), *map(str, arguments)]
        environment = {**os.environ, "COLORMAPPER_DATA_DIR": str(tmp_path / "data")}
        return subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )

    return call


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs the command in this process, which spares it the start."""
    spec = importlib.util.spec_from_file_location("script_translate", SCRIPT)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Result:
        environment = {"COLORMAPPER_DATA_DIR": str(tmp_path / "data")}
        return CliRunner().invoke(script.main, [*map(str, arguments)], env=environment)

    return call


def record_of(path: Path) -> dict[str, Any]:
    """What a result says of its making."""
    with tifffile.TiffFile(path) as result:
        record: dict[str, Any] = json.loads(result.pages.first.description)
    return record


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


def test_the_result_says_how_it_was_made(call: Call, tmp_path: Path) -> None:
    Image.fromarray(noise(30, 20)).save(tmp_path / "a.png")
    done = call(
        "a.png", "--out", "a.tif", "--model", "colour-mapping", "--blend", "crop", "--tile", "64"
    )
    assert done.exit_code == 0, done.stderr
    record = record_of(tmp_path / "a.tif")
    assert record["model"] == "colour-mapping"
    assert (record["blend"], record["tile"]) == ("crop", 64)
    assert len(record["input_sha256"]) == 64


def test_a_region_is_all_that_is_translated(call: Call, tmp_path: Path) -> None:
    pixels = noise(90, 80)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", tile=(32, 32))
    done = call("a.tif", "--out", "b.tif", "--model", "identity", "--region", "10,20,33,44")
    assert done.exit_code == 0, done.stderr
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif", key=0), pixels[10:43, 20:64])
    record = record_of(tmp_path / "b.tif")
    assert record["region"] == {"y": 10, "x": 20, "height": 33, "width": 44}
    assert (record["source"]["height"], record["image"]["height"]) == (90, 33)


def test_what_is_said_of_the_pixels_counts_more_than_the_file(call: Call, tmp_path: Path) -> None:
    Image.fromarray(noise(30, 20)).save(tmp_path / "a.png", dpi=(25400, 25400))
    for arguments, spacing in (([], 1.0), (["--mpp", "0.5"], 0.5)):
        done = call("a.png", "--out", "a.tif", "--model", "identity", *arguments)
        assert done.exit_code == 0, done.stderr
        assert record_of(tmp_path / "a.tif")["image"]["spacing_um"] == pytest.approx(spacing)


def test_a_result_is_written_as_its_name_ends(call: Call, tmp_path: Path) -> None:
    pixels = noise(30, 20)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for name in ("b.ome.tif", "b.ome.zarr", "b.png"):
        done = call("a.png", "--out", name, "--model", "identity")
        assert done.exit_code == 0, done.stderr
    assert tifffile.imread(tmp_path / "b.ome.tif").shape[:2] == (30, 20)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "b.png")), pixels)
    done = call("b.ome.zarr", "--out", "c.png", "--model", "identity")
    assert done.exit_code == 0, done.stderr
    assert np.array_equal(np.asarray(Image.open(tmp_path / "c.png")), pixels)


def test_blank_background_and_compression_are_chosen(call: Call, tmp_path: Path) -> None:
    pixels = np.full((700, 300, 3), 20, np.uint8)
    pixels[:150] = noise(150, 300)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    options = ("--skip-blank", "--compression", "jpeg")
    done = call("a.png", "--out", "a.tif", "--model", "identity", *options)
    assert done.exit_code == 0, done.stderr
    assert record_of(tmp_path / "a.tif")["blank_px"] > 50_000
    with tifffile.TiffFile(tmp_path / "a.tif") as result:
        assert result.pages.first.compression == tifffile.COMPRESSION.JPEG


def test_what_killed_runs_have_left_goes_and_so_does_what_this_one_needs(
    call: Call, tmp_path: Path
) -> None:
    Image.fromarray(noise(30, 20)).save(tmp_path / "a.png")
    left = tmp_path / "out" / ".color-mapper" / "left"
    left.mkdir(parents=True)
    done = call("a.png", "--out", "out", "--model", "identity")
    assert done.exit_code == 0, done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-he.tif"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.png", "--out", "b.tif", "--model", "none"], "choose one of"),
        (["a.png", "--out", "b.tif", "--blend", "mix"], "average"),
        (["a.png", "--out", "b.tif", "--tile", "0"], "tile of 0 px"),
        (["a.png", "--out", "b.tif", "--region", "0,0,4"], "not four numbers"),
        (["a.png", "--out", "b.tif", "--region", "0,0,400,4"], "does not lie inside the image"),
        (["a.png", "--out", "b.tif", "--mpp", "1000"], "µm per pixel was given"),
        (["a.png", "--out", "b.png", "--compression", "jpeg"], "cannot be compressed"),
        (["missing.png", "--out", "b.tif"], "does not exist"),
        (["a.png"], "--out"),
    ],
)
def test_a_wrong_call_is_explained(
    call: Call, tmp_path: Path, arguments: list[str], said: str
) -> None:
    Image.fromarray(noise(9, 9)).save(tmp_path / "a.png")
    done = call(*arguments)
    assert done.exit_code != 0
    assert said in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) in (["a.png"], ["a.png", "data"])


def test_a_place_that_cannot_be_written_into_is_named(call: Call, tmp_path: Path) -> None:
    Image.fromarray(noise(9, 9)).save(tmp_path / "a.png")
    (tmp_path / "file").write_text("no folder")
    done = call("a.png", "--out", "file/a.tif", "--model", "identity")
    assert done.exit_code == 1
    assert "nothing can be written into file: File exists; choose another place" in done.stderr


def test_the_folder_of_results_is_as_open_as_others(call: Call, tmp_path: Path) -> None:
    Image.fromarray(noise(9, 9)).save(tmp_path / "a.png")
    (tmp_path / "other").mkdir()
    done = call("a.png", "--out", "out/inner", "--model", "identity")
    assert done.exit_code == 0, done.stderr
    modes = {(tmp_path / name).stat().st_mode for name in ("other", "out", "out/inner")}
    assert len(modes) == 1
