"""The page in a run folder: what a training has made, as far as it counts."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from cyclegan.train.gallery import OPEN, Gallery
from cyclegan.train.log import RunLog


def pictures(n: int = 2, height: int = 12, width: int = 20) -> Tensor:
    """(n, 3, height, width) in -1..1, smooth, so that JPEG keeps them."""
    ramp = torch.linspace(-1, 1, width).expand(n, 3, height, width)
    return ramp * torch.linspace(0.5, 1, n)[:, None, None, None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run called `<b>kidney</b>`, with its settings and first losses."""
    run = tmp_path / "<b>kidney<i>"
    run.mkdir()
    (run / "settings.yaml").write_text("learning_rate: 0.0002\n")
    log = RunLog(run, step=0)
    log.add({"D_A": 0.25, "sal": 0.5})
    log.write(epoch=3, step=2500, seconds=2, data_seconds=0.5)
    log.warn(2500, "the generator has collapsed")
    log.close()
    return run


def page_of(folder: Path) -> str:
    """The page as it is after everything so far."""
    Gallery(folder, step=10**6, steps=10_000).write()
    return (folder / "index.html").read_text()


def shown(folder: Path) -> list[str]:
    return re.findall('src="([^"]+)"', page_of(folder))


def add(folder: Path, *steps: int, names: tuple[str, ...] = ("input", "H&E of it")) -> None:
    gallery = Gallery(folder, step=10**6, steps=10_000)
    for step in steps:
        gallery.add(step, dict.fromkeys(names, pictures()))


def test_every_picture_is_a_file_with_its_pixels(folder: Path) -> None:
    add(folder, 100)
    files = sorted((folder / "images").iterdir())
    assert [file.name for file in files] == [
        "000000100-0-0-h-e-of-it.jpg",
        "000000100-0-0-input.jpg",
        "000000100-0-1-h-e-of-it.jpg",
        "000000100-0-1-input.jpg",
    ]
    pixels = np.asarray(Image.open(files[3]))
    assert pixels.shape == (12, 20, 3)
    assert np.abs(pixels[0, :, 0] - np.linspace(0, 255, 20)).max() < 4


def test_the_page_shows_rows_of_pictures_newest_first(folder: Path) -> None:
    add(folder, 100, 200)
    assert shown(folder) == [
        f"images/000000{step}-0-{row}-{name}.jpg"
        for step in (200, 100)
        for row in (0, 1)
        for name in ("input", "h-e-of-it")
    ]


def test_a_step_may_have_rows_of_several_kinds(folder: Path) -> None:
    gallery = Gallery(folder, step=0, steps=100)
    gallery.add(50, {"input": pictures(1)})
    gallery.add(50, {"input": pictures(1), "truth": pictures(1)})
    assert shown(folder) == [
        "images/000000050-0-0-input.jpg",
        "images/000000050-1-0-input.jpg",
        "images/000000050-1-0-truth.jpg",
    ]


def test_older_pictures_are_folded_away(folder: Path) -> None:
    add(folder, *range(100, 100 * (OPEN + 3), 100))
    open_ones, folded = page_of(folder).split("<details>")
    assert open_ones.count("<h3") == OPEN
    assert folded.count("<h3") == 2
    assert "Pictures of 2 earlier steps" in folded


def test_pictures_of_steps_that_are_done_anew_are_removed(folder: Path) -> None:
    add(folder, 100, 200)
    Gallery(folder, step=100, steps=10_000)
    assert {file.name[:9] for file in (folder / "images").iterdir()} == {"000000100"}
    add(folder, 200)
    assert len(shown(folder)) == 8


def test_the_page_tells_how_far_the_training_is(folder: Path) -> None:
    words = " ".join(re.sub("<[^>]+>", " ", page_of(folder)).split())
    assert "Step 2,500 of 10,000, epoch 3. 2 s for a step, of which 25 % waiting for data." in words
    assert "About 4 h 10 min left." in words


def test_the_page_holds_losses_settings_starts_and_warnings(folder: Path) -> None:
    (folder / "starts.jsonl").write_text(
        '{"started": "2026-11-21", "color_mapper": "0.1", "commit": null, "torch": "2", '
        '"python": "3.11"}\n'
    )
    page = page_of(folder)
    for part in ("D_A 0.25", "sal 0.5", "learning_rate: 0.0002", "the generator has collapsed"):
        assert part in page
    assert "Color Mapper 0.1, torch 2, Python 3.11" in page


def test_names_are_shown_as_they_are(folder: Path) -> None:
    add(folder, 100, names=("<i>input",))
    page = page_of(folder)
    assert "<h1>&lt;b&gt;kidney&lt;i&gt;</h1>" in page
    assert "<figcaption>&lt;i&gt;input</figcaption>" in page


def test_a_training_without_a_step_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("seed: 0\n")
    assert "seed: 0" in page_of(tmp_path)


def test_the_page_asks_nobody_for_anything(folder: Path) -> None:
    add(folder, 100)
    page = page_of(folder)
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
