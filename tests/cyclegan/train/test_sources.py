"""Which files of which folders are trained on."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from cyclegan.errors import SettingsError
from cyclegan.train.sources import Source, require_apart

PLACES = ["1_left.png", "1_right.png", "deep/2_a.tif", "deep/2_b.tif", "deep/3.jpg", "notes.txt"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in PLACES:
        path = tmp_path / "he" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "he"


def names(source: Source) -> list[str]:
    return [file.name for file in source.files()]


def test_all_images_of_a_folder_are_taken_and_named_after_it(folder: Path) -> None:
    assert names(Source(path=folder)) == [f"he/{place}" for place in PLACES[:-1]]


def test_one_image_is_a_source_too(folder: Path) -> None:
    assert names(Source(path=folder / "1_left.png")) == ["1_left.png"]


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        (("*.png",), (), PLACES[:2]),
        (("deep/*",), ("*_b.*",), ["deep/2_a.tif", "deep/3.jpg"]),
        (("1_*", "*3*"), ("*right*",), ["1_left.png", "deep/3.jpg"]),
    ],
)
def test_patterns_take_and_leave_out(
    folder: Path, include: tuple[str, ...], exclude: tuple[str, ...], taken: list[str]
) -> None:
    source = Source(path=folder, include=include, exclude=exclude)
    assert names(source) == [f"he/{place}" for place in taken]


def test_what_one_source_leaves_out_another_takes(folder: Path) -> None:
    held_out = ("1_*", "deep/3*")
    train = Source(path=folder, exclude=held_out)
    test = Source(path=folder, include=held_out)
    assert sorted(names(train) + names(test)) == names(Source(path=folder))


def test_files_in_which_the_expression_finds_the_same_are_one_slide(folder: Path) -> None:
    files = Source(path=folder, slide=r"\d_").files()
    assert [file.slide.rpartition("/")[2] for file in files] == ["1_", "1_", "2_", "2_", "3.jpg"]


def test_each_file_is_a_slide_unless_told_otherwise(folder: Path) -> None:
    assert len({file.slide for file in Source(path=folder).files()}) == 5


def test_the_given_spacing_is_that_of_every_file(folder: Path) -> None:
    files = Source(path=folder, spacing_um=0.25).files()
    assert {file.spacing_um for file in files} == {0.25}


def test_a_source_without_images_is_refused_by_its_name(folder: Path) -> None:
    with pytest.raises(SettingsError, match="he has 5 images and none is taken"):
        Source(path=folder, include=("*.svs",)).files()


def test_a_folder_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no folder nowhere"):
        Source(path=tmp_path / "nowhere").files()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"slide": "("}, "no regular expression"),
        ({"spacing_um": 0}, "greater than or equal to 0.05"),
        ({"exclud": ["*"]}, "exclud"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Source.model_validate({"path": "he", **settings})


def test_a_slide_is_trained_on_or_held_out(folder: Path) -> None:
    train = Source(path=folder, include=("1_left*",), slide=r"\d_")
    other = Source(path=folder, include=("deep/*",), slide=r"\d_")
    require_apart([train], [other])
    with pytest.raises(SettingsError, match=r"he/1_right\.png is held out, and it, or another"):
        require_apart([train], [other, Source(path=folder, include=("1_r*",), slide=r"\d_")])


@pytest.mark.parametrize("slide", [None, r"\d_"])
def test_a_file_is_found_again_through_another_folder(folder: Path, slide: str | None) -> None:
    with pytest.raises(SettingsError, match=r"deep/2_a\.tif is held out"):
        require_apart([Source(path=folder, slide=slide)], [Source(path=folder / "deep")])
