"""Folders that a crash does not leave behind, and errors that mean a full disk."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import pytest

from app import disk


def test_a_scratch_folder_goes_with_its_block(tmp_path: Path) -> None:
    with disk.scratch(tmp_path) as folder:
        (folder / "file").write_bytes(b"bytes")
    assert list(tmp_path.iterdir()) == []


def test_a_scratch_folder_goes_when_its_block_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), disk.scratch(tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_sweeping_spares_folders_that_are_in_use(tmp_path: Path) -> None:
    with disk.scratch(tmp_path) as folder:
        disk.sweep(tmp_path)
        assert folder.is_dir()


def test_sweeping_removes_folders_that_nobody_holds(tmp_path: Path) -> None:
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "file").touch()
    disk.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_writing_says_what_was_written(tmp_path: Path) -> None:
    digest = disk.write(disk.pieces(io.BytesIO(b"abc" * 10**6)), tmp_path / "file")
    assert digest == disk.digest_of(tmp_path / "file")
    assert digest.size == 3 * 10**6


def test_writing_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"first")
    with pytest.raises(FileExistsError):
        disk.write([b"second"], tmp_path / "file")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_is_a_full_disk(number: int) -> None:
    assert disk.is_full(OSError(number, "no room"))


def test_another_failure_is_no_full_disk() -> None:
    assert not disk.is_full(OSError(errno.EIO, "broken"))


def test_more_than_the_disk_has_is_refused_at_once(tmp_path: Path) -> None:
    disk.require_room(tmp_path, 1)
    with pytest.raises(OSError, match="space") as caught:
        disk.require_room(tmp_path, 2**60)
    assert caught.value.errno == errno.ENOSPC


def test_folders_are_made_for_this_user_alone(tmp_path: Path) -> None:
    disk.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
