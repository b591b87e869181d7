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


def truths_of(tmp_path: Path, inputs: list[str], truths: list[str]) -> dict[str, str | None]:
    """What is paired, by places."""
    ours, theirs = make(tmp_path / "in", *inputs), make(tmp_path / "true", *truths)
    return {
        pair.name: pair.truth.relative_to(theirs).as_posix() if pair.truth else None
        for pair in find_pairs(ours, theirs)
    }


def test_a_truth_of_the_same_place_counts_before_one_of_the_same_name(tmp_path: Path) -> None:
    inputs = ["s1/t.png", "s2/t.png", "s3/t.png"]
    found = truths_of(tmp_path, inputs, ["s1/t.tif", "s2/t.ome.tif", "s4/t.tif"])
    assert found == {"s1/t.png": "s1/t.tif", "s2/t.png": "s2/t.ome.tif", "s3/t.png": None}


def test_a_truth_is_that_of_one_input_alone(tmp_path: Path) -> None:
    assert truths_of(tmp_path, ["s1/t.png", "s2/t.png"], ["s1/t.png"]) == {
        "s1/t.png": "s1/t.png",
        "s2/t.png": None,
    }


@pytest.mark.parametrize(
    ("inputs", "truths", "said"),
    [
        (["a.png"], ["a.png", "a.tif"], "^a.png of --input and a.png, a.tif of --truth are named"),
        (["a.png", "a.tif"], ["a.png"], "^a.png, a.tif of --input and a.png of --truth"),
        (["s1/t.png", "s2/t.png"], ["t.png"], "^s1/t.png, s2/t.png of --input and t.png of"),
        (["t.png"], [f"s{i}/t.png" for i in range(5)], "s1/t.png, s2/t.png, 2 more of --truth"),
    ],
)
def test_where_a_truth_could_be_that_of_another_the_places_are_named(
    tmp_path: Path, inputs: list[str], truths: list[str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        truths_of(tmp_path, inputs, truths)


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
