"""The laws of a store, for every store there is."""

from __future__ import annotations

import errno
import hashlib
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest

from app.settings import ServeSettings
from app.stores import STORES, NotStored, Store, StoredObject, StoreUnavailable, open_store
from tests.bucket import Bucket

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


VARIANTS = {name: {"store": name} for name in STORES} | {
    "gcs by prefix": {"store": "gcs", "bucket": "results", "layout": "prefix"},
    "gcs by month": {"store": "gcs", "bucket": "results", "layout": "bucket-per-month"},
}
del VARIANTS["gcs"]


@pytest.fixture(params=sorted(VARIANTS))
def store(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> Store:
    for name in ("results", "results-2026-10", "results-2026-11"):
        bucket.create(name)
    values = {**VARIANTS[request.param], "data_dir": tmp_path / "data"}
    return open_store(ServeSettings.model_validate(values))


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


def test_an_open_object_survives_its_deletion_or_says_that_it_is_gone(
    store: Store, file: Path
) -> None:
    put(store, file)
    with store.open(KEY) as stream:
        store.delete(KEY)
        with suppress(StoreUnavailable):
            assert stream.read() == file.read_bytes()


def test_progress_is_told_while_bytes_flow(store: Store, file: Path) -> None:
    file.write_bytes(bytes(3 * 2**20))
    steps: list[int] = []
    store.put(
        KEY,
        file,
        content_type="image/tiff",
        download_name="a.tif",
        on_progress=lambda: steps.append(1),
    )
    assert steps


@pytest.mark.parametrize("error", [RuntimeError, ValueError, OSError, ConnectionError])
def test_what_progress_raises_ends_the_put_and_nothing_is_kept(
    store: Store, file: Path, error: type[Exception]
) -> None:
    def end() -> None:
        raise error("enough")

    with pytest.raises(error, match="enough"):
        store.put(KEY, file, content_type="image/tiff", download_name="a.tif", on_progress=end)
    assert list(store.keys()) == []


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
    assert store.link(KEY) == store.fresh_link(KEY) == f"/results/{UNGUESSED}/result.tif"


def test_a_link_that_opens_is_said_to_open(store: Store, file: Path) -> None:
    put(store, file)
    store.ensure_opens(KEY)


def test_an_idle_hour_leaves_the_objects_as_they_are(store: Store, file: Path) -> None:
    put(store, file)
    store.look_ahead(date(2026, 11, 30))
    assert list(store.keys()) == [KEY]


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
    store.look_ahead(datetime.now(UTC).date())
    store.check()
    assert list(store.keys()) == []
