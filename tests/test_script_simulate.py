"""The simulate command as a person runs it, and the sample that it made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from cyclegan.engines.colour_mapping import ColourMappingEngine
from cyclegan.engines.engine import Watch
from cyclegan.evaluate.pairs import find_pairs
from cyclegan.images import open_image
from cyclegan.muse import MuseSpec
from cyclegan.phantom import grow
from cyclegan.simulate import on_slide, simulate
from cyclegan.stains import render
from scripts.simulate import main
from tests.cyclegan.arrays import NOWHERE, ArrayReader

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "app" / "static" / "sample" / "muse.png"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "simulate.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def give(*arguments: str) -> Result:
    """Run the command in this process, in the folder that is the current one."""
    return CliRunner().invoke(main, arguments)


def test_an_he_file_becomes_the_image_of_the_library(tmp_path: Path) -> None:
    tissue = grow(67, 41)
    he = render(tissue.nuclear, tissue.counterstain)
    Image.fromarray(he).save(tmp_path / "he.png")
    done = run(tmp_path, "he.png", "--out", "muse.png")
    assert done.returncode == 0, done.stderr
    wanted = simulate(he, on_slide(MuseSpec(), he))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "muse.png")), wanted.muse)


@pytest.fixture
def slides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two H&E images, one of them deeper."""
    folder = tmp_path / "he"
    (folder / "inner").mkdir(parents=True)
    for name, seed in (("a.png", 1), ("inner/b.png", 2)):
        tissue = grow(61, 47, seed=seed)
        Image.fromarray(render(tissue.nuclear, tissue.counterstain)).save(folder / name)
    monkeypatch.chdir(tmp_path)
    return folder


def test_folders_become_pairs_as_an_evaluation_wants_them(tmp_path: Path, slides: Path) -> None:
    done = give("he", "--out", "muse", "--truth", "truth", "--rig", "3", "--mpp", "0.5")
    assert done.exit_code == 0, done.stderr
    pairs = find_pairs(tmp_path / "muse", tmp_path / "truth")
    assert [pair.name for pair in pairs] == ["a.png", "b.png"]
    for pair, source in zip(pairs, ("a.png", "inner/b.png"), strict=True):
        assert pair.truth is not None
        truth, he = (np.asarray(Image.open(path)) for path in (pair.truth, slides / source))
        assert np.array_equal(truth, he)
        for path in (pair.input, pair.truth):
            with open_image(path) as reader:
                assert reader.info.spacing_um == pytest.approx(0.5, rel=1e-3)


def test_the_microscope_of_an_image_depends_on_its_name_and_the_seed_alone(
    tmp_path: Path,
    slides: Path,
) -> None:
    shutil.copy(slides / "a.png", slides / "c.png")
    give("he", "--out", "all", "--rig", "3")
    give("he/a.png", "--out", "alone", "--rig", "3")
    give("he/a.png", "--out", "other", "--rig", "4")
    a, alone, other, c = (
        (tmp_path / name).read_bytes()
        for name in ("all/a.png", "alone/a.png", "other/a.png", "all/c.png")
    )
    assert a == alone
    assert len({a, other, c}) == 3


def test_a_file_that_cannot_be_used_is_named_and_the_rest_go_on(
    tmp_path: Path, slides: Path
) -> None:
    (slides / "0.png").write_text("not an image")
    done = give("he", "--out", "muse")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"he{os.sep}0.png: ")
    assert "1 of 3 images were not made" in done.stderr
    assert sorted(path.name for path in (tmp_path / "muse").iterdir()) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["he", "--out", "one.png"], "do not fit into one file"),
        (["he", "--out", "he"], "would be written over"),
        (["he", "--out", "muse", "--truth", "muse"], "would be written over"),
        (["he", "he/a.png", "--out", "muse"], "2 images are named a"),
        (["--phantom", "9x9", "--out", "muse", "--truth", "muse"], "would be written over"),
    ],
)
def test_no_file_is_written_over_another(
    tmp_path: Path,
    slides: Path,
    arguments: list[str],
    reason: str,
) -> None:
    before = (slides / "a.png").read_bytes()
    done = give(*arguments)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert (slides / "a.png").read_bytes() == before
    assert not (tmp_path / "muse").exists()


def test_an_image_that_a_link_leads_to_is_made_under_both_names(
    tmp_path: Path, slides: Path
) -> None:
    (slides / "link.png").symlink_to("a.png")
    done = give("he", "--out", "muse")
    assert done.exit_code == 0, done.stderr
    assert len(list((tmp_path / "muse").iterdir())) == 3


@pytest.mark.parametrize("source", [["he/a.png"], ["--phantom", "9x9"]])
def test_a_folder_that_cannot_be_made_is_named_before_half_a_pair_is_written(
    tmp_path: Path, slides: Path, source: list[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    done = give(*source, "--out", "muse.png", "--truth", "file")
    assert done.exit_code == 1
    assert "the folder file cannot be made: File exists; name another" in done.stderr
    assert not (tmp_path / "muse.png").exists()


def test_an_image_too_large_for_the_memory_is_refused_without_a_trace(tmp_path: Path) -> None:
    done = run(tmp_path, "--phantom", "9000000x9000000", "--out", "muse.png")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: muse.png: there is not enough memory")


def test_names_need_not_be_utf_8(tmp_path: Path, slides: Path) -> None:
    (slides / "a.png").rename(slides / os.fsdecode(b"na\xefve.png"))
    done = run(tmp_path, "he", "--out", "muse", "--truth", "he2", "--rig", "3")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "muse" / os.fsdecode(b"na\xefve.png")).is_file()
    assert r"muse/na\xefve.png" in done.stdout


def test_tissue_is_made_up_from_a_seed(tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        done = run(tmp_path, "--phantom", "33x50", "--seed", seed, "--out", f"{name}.png")
        assert done.returncode == 0, done.stderr
    a, b, c = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in "abc")
    assert a.shape == (33, 50, 3)
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_one_source_is_wanted_and_not_two(tmp_path: Path) -> None:
    for arguments in ([], ["he.png", "--phantom", "3x4"]):
        done = run(tmp_path, *arguments, "--out", "muse.png")
        assert done.returncode == 2
        assert "either INPUTS or --phantom" in done.stderr


def test_a_malformed_size_is_explained(tmp_path: Path) -> None:
    done = run(tmp_path, "--phantom", "30x0", "--out", "muse.png")
    assert done.returncode == 2
    assert "HEIGHTxWIDTH" in done.stderr


@pytest.mark.parametrize("mpp", ["-1", "0", "nan", "21"])
def test_a_pixel_size_that_no_microscope_has_is_refused(tmp_path: Path, mpp: str) -> None:
    done = give("--phantom", "20x30", "--mpp", mpp, "--out", str(tmp_path / "muse.png"))
    assert done.exit_code == 2
    assert "it must lie within 0.05 and 20 µm" in done.stderr
    assert not (tmp_path / "muse.png").exists()


def test_a_bad_file_is_named_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "he.png").write_text("not an image")
    for name in ("he.png", "missing.png"):
        done = run(tmp_path, name, "--out", "muse.png")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert f"{name}: " in done.stderr
    assert not (tmp_path / "muse.png").exists()


def test_the_bundled_sample_is_small_enough_and_large_enough() -> None:
    assert SAMPLE.stat().st_size <= 2_000_000
    with Image.open(SAMPLE) as picture:
        assert min(picture.size) >= 1024


def test_the_bundled_sample_becomes_nuclei_stroma_and_glass() -> None:
    picture = np.asarray(Image.open(SAMPLE).convert("RGB"))
    engine = ColourMappingEngine().prepare(ArrayReader(picture), NOWHERE, Watch())
    red, green, blue = (engine(picture[None])[0][..., i].astype(int) for i in range(3))
    shares = [
        np.mean((blue > red) & (green < 130)),
        np.mean((red > 220) & (green < 225)),
        np.mean(green > 240),
    ]
    assert all(share > 0.02 for share in shares)
