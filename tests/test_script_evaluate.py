"""The evaluate command as a person runs it."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from cyclegan.phantom import grow
from cyclegan.simulate import simulate
from cyclegan.stains import render

Call = Callable[..., Result]
SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "evaluate.py"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs the command in this process, in a folder with images, truths and real H&E."""
    spec = importlib.util.spec_from_file_location("script_evaluate", SCRIPT)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.chdir(tmp_path)
    for folder in ("muse", "he", "real", "empty"):
        (tmp_path / folder).mkdir()
    for seed, name in enumerate("ab"):
        tissue = grow(60, 70, seed=seed)
        he = render(tissue.nuclear, tissue.counterstain)
        Image.fromarray(he).save(tmp_path / "he" / f"{name}.png")
        Image.fromarray(he[::-1]).save(tmp_path / "real" / f"{name}.png")
        Image.fromarray(simulate(he).muse).save(tmp_path / "muse" / f"{name}.png")

    def call(*arguments: object) -> Result:
        environment = {"COLORMAPPER_DATA_DIR": str(tmp_path / "data")}
        return CliRunner().invoke(script.main, [*map(str, arguments)], env=environment)

    return call


def test_a_folder_is_evaluated(call: Call, tmp_path: Path) -> None:
    folders = ("--input", "muse", "--truth", "he", "--reference", "real")
    done = call(
        "--model", "colour-mapping", *folders, "--out", "out/report.html", "--device", "cpu"
    )
    assert done.exit_code == 0, done.stderr
    assert "SSIM (higher is better)" in done.output
    document = json.loads((tmp_path / "out" / "report.json").read_text())
    assert document["translations"] == ["colour-mapping", "inverted"]
    assert [image["name"] for image in document["images"]] == ["a.png", "b.png"]
    assert document["reference"]["files"] == 2
    assert document["scores"]["colour-mapping"]["ssim"] > document["scores"]["inverted"]["ssim"]
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!doctype html>")


def test_files_that_cannot_be_used_are_named_and_the_rest_go_on(call: Call, tmp_path: Path) -> None:
    for place in ("muse/bad.png", "real/bad.png"):
        (tmp_path / place).write_text("no image")
    Image.new("RGB", (9, 9)).save(tmp_path / "he" / "b.png")
    folders = ("--input", "muse", "--truth", "he", "--reference", "real")
    done = call("--model", "identity", *folders, "--out", "report.html")
    assert done.exit_code == 1
    lines = [line for line in done.stderr.splitlines() if ".png: " in line]
    assert [line.split(": ")[0] for line in lines] == ["real/bad.png", "muse/b.png", "muse/bad.png"]
    assert "its truth b.png has 9 x 9 px" in done.stderr
    document = json.loads((tmp_path / "report.json").read_text())
    assert [image["name"] for image in document["images"]] == ["a.png"]
    assert set(document["failures"]) == {"real/bad.png", "muse/b.png", "muse/bad.png"}


def test_a_name_that_is_not_utf_8_is_written_out(call: Call, tmp_path: Path) -> None:
    Image.open(tmp_path / "muse" / "a.png").save(tmp_path / "a.tif")
    (tmp_path / "a.tif").rename(tmp_path / "muse" / os.fsdecode(b"bad\xff.tif"))
    (tmp_path / "muse" / os.fsdecode(b"\xfe.png")).write_text("no image")
    done = call("--model", "identity", "--input", "muse", "--out", "r.html")
    assert done.exit_code == 1, done.output
    document = json.loads((tmp_path / "r.json").read_text())
    assert [image["name"] for image in document["images"]] == ["a.png", "b.png", r"bad\xff.tif"]
    assert list(document["failures"]) == [r"muse/\xfe.png"]
    assert r"bad\xff.tif" in (tmp_path / "r.html").read_text()


def test_a_name_that_is_not_utf_8_is_written_out_where_it_is_refused(
    call: Call, tmp_path: Path
) -> None:
    for name in (b"\xfe.png", b"\xfe.jpg"):
        (tmp_path / "muse" / os.fsdecode(name)).write_text("no image")
    (tmp_path / "he" / os.fsdecode(b"\xfe.png")).write_text("no image")
    done = call("--model", "identity", "--input", "muse", "--truth", "he", "--out", "r.html")
    assert done.exit_code == 1
    assert r"\xfe.jpg, \xfe.png of --input and \xfe.png of --truth are named alike" in done.stderr


def test_how_images_were_read_is_told(call: Call, tmp_path: Path) -> None:
    for place in ("muse/a.png", "real/a.png"):
        clear = Image.open(tmp_path / place).convert("RGBA")
        clear.putpixel((0, 0), (0, 0, 0, 0))
        clear.save(tmp_path / place)
    done = call("--model", "identity", "--input", "muse", "--reference", "real", "--out", "r.html")
    assert done.exit_code == 0, done.stderr
    said = "Transparent parts are shown on black."
    document = json.loads((tmp_path / "r.json").read_text())
    assert [image["notes"] for image in document["images"]] == [[said], []]
    assert {f"muse/a.png: {said}", f"real/a.png: {said}"} <= set(done.stderr.splitlines())


def test_where_no_image_can_be_used_there_is_no_report(call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty" / "bad.png").write_text("no image")
    done = call("--model", "identity", "--input", "empty", "--out", "report.html")
    assert done.exit_code == 1
    assert "no image could be used" in done.stderr
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "none", "--input", "muse"], "choose one of"),
        (["--model", "identity", "--input", "missing"], "'missing' does not exist"),
        (["--model", "identity", "--input", "empty"], "no image in empty"),
        (["--model", "identity", "--input", "muse", "--truth", "empty"], "no image in empty"),
        (["--model", "identity", "--input", "muse", "--reference", "empty"], "no image in empty"),
        (["--model", "identity", "--input", "muse", "--out", "a.txt"], "end it with .html"),
        (
            ["--model", "identity", "--input", "muse", "--out", "muse/a.png/b.html"],
            "choose another",
        ),
        (["--model", "identity", "--input", "muse", "--one-stain"], "give --truth, or leave it"),
        (
            ["--model", "identity", "--input", "muse", "--truth", "he", "--one-stain"],
            "names no stain",
        ),
        (["--model", "identity", "--input", "muse", "--keep", "mine"], "has no package"),
        (["--model", "muse2he", "--input", "muse", "--keep", "mine"], "comes with the program"),
        (["--model", "identity", "--input", "muse", "--keep", ""], "--keep has 0 characters"),
        (["--input", "muse"], "--model"),
    ],
)
def test_a_wrong_call_is_explained_before_anything_is_measured(
    call: Call, arguments: list[str], said: str, tmp_path: Path
) -> None:
    done = call("--out", "report.html", *arguments)
    assert done.exit_code != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "report.html").exists()
