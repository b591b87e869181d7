from __future__ import annotations

from pathlib import Path

from cyclegan.images.new_file import NewFile, write_all


def test_a_file_gets_its_name_when_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"older")
    new = NewFile(tmp_path / "a")
    with new.open() as file:
        write_all(file, b"newer")
    assert (tmp_path / "a").read_bytes() == b"older"
    new.publish()
    new.discard()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"newer"]


def test_a_discarded_file_leaves_nothing(tmp_path: Path) -> None:
    new = NewFile(tmp_path / "a")
    new.discard()
    new.discard()
    assert list(tmp_path.iterdir()) == []


def test_nothing_waits_to_be_written(tmp_path: Path) -> None:
    # Else throwing a file away could fail, on the full disk that is the reason for it.
    new = NewFile(tmp_path / "a")
    with new.open() as file:
        write_all(file, b"some bytes")
        assert new.path.read_bytes() == b"some bytes"
