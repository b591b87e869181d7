"""What the local store promises of its folder."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app import disk
from app.stores.local import LocalStore
from tests.app.disks import fill, small_disk

ROOT = Path(__file__).resolve().parents[3]
KEY = "2026-11/kI3_-aZ09bcdefghijklmn/result.tif"


def put(store: LocalStore, path: Path) -> None:
    store.put(KEY, path, content_type="image/tiff", download_name="a.tif")


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_deleting_the_last_object_leaves_no_folder(tmp_path: Path) -> None:
    store, file = LocalStore(tmp_path / "store"), tmp_path / "file"
    file.write_bytes(b"bytes")
    put(store, file)
    store.delete(KEY)
    assert [path.name for path in (tmp_path / "store").rglob("*")] == [".partial"]


def test_an_object_may_be_deleted_at_the_moment_in_which_it_is_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, file, sync = LocalStore(tmp_path / "store"), tmp_path / "file", disk.sync
    file.write_bytes(b"bytes")

    def deleted_before(path: Path) -> None:
        if path == (tmp_path / "store" / KEY).parent:
            monkeypatch.undo()
            store.delete(KEY)
        sync(path)

    monkeypatch.setattr(disk, "sync", deleted_before)
    put(store, file)
    assert files_below(tmp_path / "store") == []


def test_objects_are_for_this_user_alone(tmp_path: Path) -> None:
    LocalStore(tmp_path / "store")
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700


def test_another_process_sees_what_was_put(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"bytes")
    put(LocalStore(tmp_path / "store"), file)
    with LocalStore(tmp_path / "store").open(KEY) as stream:
        assert stream.read() == b"bytes"


def test_a_full_disk_leaves_nothing_and_is_usable_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=4 * 2**20) as disk:
        store, file = LocalStore(disk / "store"), tmp_path / "file"
        file.write_bytes(b"x" * 2**20)
        filler = fill(disk, leave=500_000)
        with pytest.raises(OSError, match="space") as caught:
            put(store, file)
        assert caught.value.errno == errno.ENOSPC
        assert files_below(disk) == [filler]
        filler.unlink()
        put(store, file)
        assert store.stat(KEY).size == 2**20


def test_a_full_disk_fails_the_check(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=2**20) as disk:
        store = LocalStore(disk)
        fill(disk)
        with pytest.raises(OSError, match="space"):
            store.check()


WRITER = """
import sys
from pathlib import Path
from app import disk
from app.stores.local import LocalStore
LocalStore(Path(sys.argv[1])).put(
    sys.argv[2], Path(sys.argv[3]), content_type="image/tiff", download_name="a.tif")
"""


def test_a_killed_writer_leaves_no_object_and_no_litter(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "store", tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, folder, KEY, pipe], cwd=ROOT)
    with pipe.open("wb", buffering=0) as feed:
        feed.write(b"x" * 100_000)
        while not files_below(folder):
            time.sleep(0.01)
        LocalStore(folder)
        assert files_below(folder), "what is being written is left alone"
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    store = LocalStore(folder)
    assert (files_below(folder), list(store.keys())) == ([], [])
