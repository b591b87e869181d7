"""What the store in the cloud promises of its objects."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from app.settings import ROOT
from app.stores import StoreRefused
from app.stores.gcs import GcsStore
from app.stores.gcs_reader import PIECE_BYTES
from tests.app.stores.conftest import Opener
from tests.app.stores.objects import KEY, UNGUESSED, large, put
from tests.bucket import Bucket


def test_by_prefix_an_object_is_named_as_its_key(bucket: Bucket, gcs: Opener, file: Path) -> None:
    bucket.create("results")
    put(gcs(), file)
    assert set(bucket.objects("results")) == {KEY}


def test_by_month_an_object_is_in_its_months_bucket(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results-2026-11")
    put(gcs(layout="bucket-per-month"), file)
    assert set(bucket.objects("results-2026-11")) == {f"{UNGUESSED}/result.tif"}


@pytest.fixture
def public(bucket: Bucket, gcs: Opener) -> GcsStore:
    bucket.create("results", public=True)
    return gcs(links="public")


@pytest.mark.parametrize(
    ("name", "content_type", "header"),
    [
        ("kidney-he.tif", "image/tiff", 'attachment; filename="kidney-he.tif"'),
        ("kidney-he.png", "image/png", 'inline; filename="kidney-he.png"'),
        ("record.json", "application/json", 'inline; filename="record.json"'),
        (
            "日本語.png",
            "image/png",
            "inline; filename=\"___.png\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E.png",
        ),
        (
            'a"b\nX-Evil: 1.tif',
            "image/tiff",
            "attachment; filename=\"a_bX-Evil: 1.tif\"; filename*=UTF-8''a%22bX-Evil%3A%201.tif",
        ),
    ],
)
def test_a_browser_gets_the_type_and_the_name(
    public: GcsStore, file: Path, name: str, content_type: str, header: str
) -> None:
    put(public, file, content_type=content_type, download_name=name)
    answer = requests.get(public.link(KEY), timeout=10)
    assert (answer.status_code, answer.content) == (200, file.read_bytes())
    assert answer.headers["Content-Disposition"] == header
    assert answer.headers["Content-Type"] == content_type
    assert "X-Evil" not in answer.headers


@pytest.mark.parametrize("links", ["public", "signed", "proxy"])
def test_no_cache_keeps_an_object_beyond_its_deletion(
    bucket: Bucket, gcs: Opener, file: Path, links: str
) -> None:
    bucket.create("results")
    put(gcs(links=links), file)
    assert bucket.metadata(KEY)["cacheControl"] == "private, max-age=0, no-cache"


def test_a_name_in_any_script_is_kept(bucket: Bucket, gcs: Opener, file: Path) -> None:
    bucket.create("results")
    store = gcs()
    put(store, file, download_name="腎臓 %20 & ü.tif")
    assert store.stat(KEY).download_name == "腎臓 %20 & ü.tif"
    assert str(bucket.metadata(KEY)["metadata"]).isascii()


def test_an_object_of_somebody_else_under_the_key_is_said_to_be_one(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results")
    store = gcs()
    put(store, file)
    bucket.storage.objects["results"][KEY].pop("metadata")
    with pytest.raises(StoreRefused, match="did not write"):
        store.stat(KEY)


def test_reading_asks_for_pieces(bucket: Bucket, gcs: Opener, tmp_path: Path) -> None:
    bucket.create("results")
    store, path = gcs(), large(tmp_path)
    put(store, path)
    with store.open(KEY) as stream:
        stream.seek(10_000_000)
        found = b"".join(iter(lambda: stream.read(2**16), b""))
    assert found == path.read_bytes()[10_000_000:]
    assert bucket.asked["read"] == -(-10_000_003 // PIECE_BYTES)


def test_only_keys_are_listed(bucket: Bucket, gcs: Opener, file: Path) -> None:
    bucket.create("results")
    store = gcs()
    put(store, file)
    bucket.storage.objects["results"]["notes/of somebody.txt"] = {"name": "notes/of somebody.txt"}
    assert list(store.keys()) == [KEY]


def test_a_check_asks_once(bucket: Bucket, gcs: Opener) -> None:
    bucket.create("results")
    gcs().check()
    assert bucket.asked == {"list": 1}


def test_opening_asks_nobody(bucket: Bucket, gcs: Opener) -> None:
    gcs(links="signed")
    gcs(layout="bucket-per-month")
    assert bucket.asked.total() == 0


SENDER = r"""
import re, sys
from pathlib import Path
from app.settings import ServeSettings
from app.stores import open_store
store = open_store(ServeSettings(store="gcs", bucket="results"))
store.put(sys.argv[1], Path(sys.argv[2]), content_type="image/tiff", download_name="a.tif")
store.fetch(sys.argv[1], Path(sys.argv[2] + ".back"))
with store.open(sys.argv[1]) as stream:
    while stream.read(2**20):
        pass
# Not ru_maxrss, which begins with what the parent had when it forked.
print(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
"""


def peak_kib(folder: Path, size: int) -> int:
    """Peak memory of a process that puts, fetches and reads an object of that size."""
    path = folder / f"{size}"
    with path.open("wb") as file:
        file.truncate(size)
    key = f"2026-11/{UNGUESSED}/size-{size}.tif"
    command = [sys.executable, "-c", SENDER, key, str(path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(ran.stdout)


def test_memory_does_not_grow_with_the_object(bucket: Bucket, tmp_path: Path) -> None:
    bucket.create("results")
    small, big = (peak_kib(tmp_path, size * 2**20) for size in (32, 192))
    # Room for what the allocator keeps: the difference in size is eight times as much.
    assert big - small < 20 * 1024
