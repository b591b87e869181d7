"""The laws of a store, for every store there is."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from threading import Barrier, Thread

import pytest

from app.settings import ServeSettings
from app.stores import STORES, NotStored, Store, StoredObject, open_store

UNGUESSED = "kI3_-aZ09bcdefghijklmn"
KEY = f"2026-11/{UNGUESSED}/result.tif"

BAD_KEYS = [
    "",
    "result.tif",
    f"2026-13/{UNGUESSED}/result.tif",
    f"2026-11/{UNGUESSED}/../result.tif",
    f"2026-11/{UNGUESSED}/..",
    f"2026-11/{UNGUESSED}/.partial",
    f"2026-11/{UNGUESSED}/about",
    f"2026-11/{UNGUESSED}/a/b.tif",
    f"2026-11/{UNGUESSED}/résult.tif",
    f"2026-11/{UNGUESSED}/result.tif\n",
    f"2026-11/{UNGUESSED}/result.tif\0",
    "2026-11/short/result.tif",
    f"2026-11/{'a' * 65}/result.tif",
    "2026-11/../../etc/passwd/result.tif",
    f"/2026-11/{UNGUESSED}/result.tif",
    f"٢٠٢٦-11/{UNGUESSED}/result.tif",
]


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    settings = ServeSettings.model_validate({"store": request.param, "data_dir": tmp_path / "data"})
    return open_store(settings)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"the bytes" * 1000)
    return path


def put(store: Store, path: Path, key: str = KEY) -> StoredObject:
    return store.put(key, path, content_type="image/tiff", download_name="niere-日本-he.tif")


def read(store: Store, key: str = KEY) -> bytes:
    with store.open(key) as stream:
        return stream.read()


def test_what_was_put_is_read_back(store: Store, file: Path) -> None:
    put(store, file)
    assert read(store) == file.read_bytes()


def test_an_empty_object_is_an_object(store: Store, file: Path) -> None:
    file.write_bytes(b"")
    put(store, file)
    assert (read(store), store.stat(KEY).size) == (b"", 0)


def test_an_object_is_described_as_it_was_put(store: Store, file: Path) -> None:
    stored = put(store, file)
    assert store.stat(KEY) == stored == StoredObject(
        key=KEY,
        size=9000,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        content_type="image/tiff",
        download_name="niere-日本-he.tif",
    )  # fmt: skip


def test_an_object_is_seekable(store: Store, file: Path) -> None:
    put(store, file)
    with store.open(KEY) as stream:
        stream.seek(4)
        assert stream.read(5) == b"bytes"


def test_an_object_is_fetched_to_a_file(store: Store, file: Path, tmp_path: Path) -> None:
    put(store, file)
    store.fetch(KEY, tmp_path / "fetched.tif")
    assert (tmp_path / "fetched.tif").read_bytes() == file.read_bytes()


def test_an_object_outlives_what_was_fetched_of_it(
    store: Store, file: Path, tmp_path: Path
) -> None:
    put(store, file)
    store.fetch(KEY, tmp_path / "fetched.tif")
    (tmp_path / "fetched.tif").unlink()
    assert read(store) == file.read_bytes()


def test_an_object_does_not_follow_its_source(store: Store, file: Path) -> None:
    put(store, file)
    with file.open("r+b") as stream:
        stream.write(b"changed")
    assert read(store).startswith(b"the bytes")


def test_the_same_bytes_may_be_put_again(store: Store, file: Path) -> None:
    assert put(store, file) == put(store, file)


def test_other_bytes_under_a_key_are_refused(store: Store, file: Path, tmp_path: Path) -> None:
    put(store, file)
    other = tmp_path / "other"
    other.write_bytes(b"other bytes")
    with pytest.raises(FileExistsError):
        put(store, other)
    assert read(store) == file.read_bytes()


def test_of_many_writers_at_once_one_wins_whole(store: Store, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(6)]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 300_000)
    start, outcomes = Barrier(len(paths)), list[str]()

    def write(path: Path) -> None:
        start.wait()
        try:
            outcomes.append(put(store, path).sha256)
        except FileExistsError:
            outcomes.append("refused")

    threads = [Thread(target=write, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("refused") == len(paths) - 1
    assert hashlib.sha256(read(store)).hexdigest() in outcomes


def test_what_was_never_put_is_not_stored(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotStored):
        store.stat(KEY)
    with pytest.raises(NotStored):
        store.open(KEY)
    with pytest.raises(NotStored):
        store.fetch(KEY, tmp_path / "fetched.tif")


def test_a_deleted_object_is_gone_and_its_key_free(store: Store, file: Path) -> None:
    put(store, file)
    store.delete(KEY)
    with pytest.raises(NotStored):
        store.stat(KEY)
    file.write_bytes(b"new bytes")
    put(store, file)
    assert read(store) == b"new bytes"


def test_deleting_what_is_not_there_does_nothing(store: Store) -> None:
    store.delete(KEY)
    store.delete("not a key")


def test_an_open_object_survives_its_deletion(store: Store, file: Path) -> None:
    put(store, file)
    with store.open(KEY) as stream:
        store.delete(KEY)
        assert stream.read() == file.read_bytes()


def test_keys_are_listed_by_prefix(store: Store, file: Path) -> None:
    other = f"2026-10/{UNGUESSED[::-1]}/input.png"
    preview = f"2026-11/{UNGUESSED}/input-preview.jpg"
    for key in (KEY, other, preview):
        put(store, file, key)
    assert set(store.keys()) == {KEY, other, preview}
    assert set(store.keys("2026-1")) == {KEY, other, preview}
    assert set(store.keys(f"2026-11/{UNGUESSED}/")) == {KEY, preview}
    assert set(store.keys(f"2026-11/{UNGUESSED}/res")) == {KEY}
    assert set(store.keys("2026-12/")) == set()
    store.delete(KEY)
    assert set(store.keys("2026-11/")) == {preview}


def test_a_link_is_a_path_of_this_service_without_the_month(store: Store) -> None:
    assert store.link(KEY) == f"/results/{UNGUESSED}/result.tif"


@pytest.mark.parametrize("key", BAD_KEYS)
def test_only_keys_of_our_own_making_are_written(store: Store, file: Path, key: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        put(store, file, key)
    with pytest.raises(ValueError, match="YYYY-MM"):
        store.link(key)
    assert list(store.keys()) == []


@pytest.mark.parametrize("key", BAD_KEYS)
def test_under_a_malformed_key_nothing_is_stored(store: Store, key: str, tmp_path: Path) -> None:
    with pytest.raises(NotStored):
        store.stat(key)
    with pytest.raises(NotStored):
        store.open(key)
    with pytest.raises(NotStored):
        store.fetch(key, tmp_path / "fetched")


def test_a_source_that_is_not_there_leaves_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        put(store, tmp_path / "nothing")
    assert caught.value.errno == errno.ENOENT
    assert list(store.keys()) == []


def test_a_store_with_room_passes_its_check(store: Store) -> None:
    store.check()
    assert list(store.keys()) == []
