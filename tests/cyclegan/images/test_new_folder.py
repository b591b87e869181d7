from __future__ import annotations

from pathlib import Path

import pytest

from cyclegan.images.new_folder import NewFolder


def fill(folder: NewFolder) -> None:
    (folder.path / "inner").mkdir()
    (folder.path / "inner" / "file").write_bytes(b"new")


def test_a_folder_gets_its_name_when_it_is_published(tmp_path: Path) -> None:
    folder = NewFolder(tmp_path / "a")
    fill(folder)
    assert not (tmp_path / "a").exists()
    folder.publish()
    folder.discard()
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]
    assert (tmp_path / "a" / "inner" / "file").read_bytes() == b"new"


def test_a_discarded_folder_leaves_nothing(tmp_path: Path) -> None:
    folder = NewFolder(tmp_path / "a")
    fill(folder)
    folder.discard()
    folder.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("older", ["file", "folder"])
def test_what_had_the_name_is_replaced(older: str, tmp_path: Path) -> None:
    if older == "file":
        (tmp_path / "a").write_bytes(b"older")
    else:
        (tmp_path / "a" / "older").mkdir(parents=True)
    folder = NewFolder(tmp_path / "a")
    fill(folder)
    folder.publish()
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["inner"]
