"""The simulate command as a person runs it, and the sample that it made."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from cyclegan.engines.colour_mapping import ColourMappingEngine
from cyclegan.engines.engine import Watch
from cyclegan.phantom import grow
from cyclegan.simulate import simulate
from cyclegan.stains import render
from tests.cyclegan.arrays import NOWHERE, ArrayReader

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "app" / "static" / "sample" / "muse.png"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "simulate.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_an_he_file_becomes_the_image_of_the_library(tmp_path: Path) -> None:
    tissue = grow(67, 41)
    he = render(tissue.nuclear, tissue.counterstain)
    Image.fromarray(he).save(tmp_path / "he.png")
    done = run(tmp_path, "he.png", "--out", "muse.png")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.asarray(Image.open(tmp_path / "muse.png")), simulate(he).muse)


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
        assert "either an INPUT file or --phantom" in done.stderr


def test_a_malformed_size_is_explained(tmp_path: Path) -> None:
    done = run(tmp_path, "--phantom", "30x0", "--out", "muse.png")
    assert done.returncode == 2
    assert "HEIGHTxWIDTH" in done.stderr


def test_a_bad_file_is_named_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "he.png").write_text("not an image")
    for name in ("he.png", "missing.png"):
        done = run(tmp_path, name, "--out", "muse.png")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("Error: ")
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
