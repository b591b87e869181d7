"""Inputs and their truths."""

from pathlib import Path

import pytest

from cyclegan.errors import SettingsError
from cyclegan.evaluate.pairs import find_pairs


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    folder.mkdir(exist_ok=True)
    return folder


def test_a_truth_has_the_stem_of_its_input_whatever_its_format(tmp_path: Path) -> None:
    inputs = make(tmp_path / "in", "a.png", "b.ome.tif", "deep/c.jpg", "d.png", "notes.txt")
    truths = make(tmp_path / "true", "a.jpg", "x/b.png", "c.tif", "e.png")
    found = [(pair.name, pair.truth and pair.truth.name) for pair in find_pairs(inputs, truths)]
    assert found == [
        ("a.png", "a.jpg"),
        ("b.ome.tif", "b.png"),
        ("d.png", None),
        ("deep/c.jpg", "c.tif"),
    ]


def test_truths_are_not_needed(tmp_path: Path) -> None:
    assert [pair.truth for pair in find_pairs(make(tmp_path / "in", "a.png"), None)] == [None]


def test_what_cannot_be_paired_is_explained(tmp_path: Path) -> None:
    inputs, empty = make(tmp_path / "in", "a.png"), make(tmp_path / "empty")
    with pytest.raises(SettingsError, match="no image in empty; name another folder as --input"):
        find_pairs(empty, None)
    with pytest.raises(SettingsError, match="no image in empty; name another folder as --truth"):
        find_pairs(inputs, empty)
    with pytest.raises(SettingsError, match="no image of --truth is named like one of --input"):
        find_pairs(inputs, make(tmp_path / "others", "b.png"))
    with pytest.raises(SettingsError, match=r"a\.png has 2 truths"):
        find_pairs(inputs, make(tmp_path / "two", "a.png", "a.tif"))
