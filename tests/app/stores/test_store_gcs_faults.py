"""What goes wrong between us and the bucket, and that exactly one right object comes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.stores import NotStored, StoreRefused, StoreUnavailable
from app.stores.gcs import GcsStore
from app.stores.gcs_client import Patience
from tests.app.stores.conftest import Opener
from tests.app.stores.objects import KEY, large, put, read
from tests.bucket import ANY, STORES, WRITES, Bucket

PATIENT = Patience(connect_s=1, silence_s=2, retry_s=10)


@pytest.fixture
def store(bucket: Bucket, gcs: Opener) -> GcsStore:
    bucket.create("results")
    return gcs()


def script(bucket: Bucket, fault: str) -> None:
    faults: dict[str, Callable[[], None]] = {
        "the answer is lost": bucket.faults.lose,
        "503 twice": lambda: bucket.faults.refuse(503, times=2, on=WRITES),
        "429": lambda: bucket.faults.refuse(429, on=WRITES),
        "500": lambda: bucket.faults.refuse(500, on=STORES),
        "the connection is cut": lambda: bucket.faults.cut(on=STORES),
        "silence": lambda: bucket.faults.silence(3, on=STORES),
    }
    faults[fault]()


@pytest.mark.parametrize("size", [9000, 20_000_003])
@pytest.mark.parametrize(
    "fault",
    [
        "the answer is lost",
        "503 twice",
        "429",
        "500",
        "the connection is cut",
        "silence",
    ],
)
def test_after_a_passing_fault_there_is_one_right_object(
    bucket: Bucket, gcs: Opener, tmp_path: Path, fault: str, size: int
) -> None:
    bucket.create("results")
    path = large(tmp_path, size)
    script(bucket, fault)
    stored = put(gcs(PATIENT), path)
    assert bucket.objects() == {KEY: path.read_bytes()}
    assert stored.size == size
    assert bucket.faults.fired.total() >= 1


def test_a_refused_precondition_over_the_same_bytes_is_a_success(
    bucket: Bucket, store: GcsStore, file: Path
) -> None:
    bucket.faults.lose()
    assert put(store, file) == store.stat(KEY)
    assert bucket.asked["store"] == 2


def test_foreign_bytes_under_the_key_are_kept(
    bucket: Bucket, store: GcsStore, file: Path, tmp_path: Path
) -> None:
    put(store, file)
    with pytest.raises(FileExistsError):
        put(store, large(tmp_path))
    assert bucket.objects() == {KEY: file.read_bytes()}


def test_an_object_that_is_there_is_not_sent_again(
    bucket: Bucket, store: GcsStore, tmp_path: Path
) -> None:
    path = large(tmp_path)
    put(store, path)
    before = bucket.asked["piece"]
    put(store, path)
    assert bucket.asked["piece"] == before


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_unavailable(bucket: Bucket, store: GcsStore, file: Path, code: int) -> None:
    bucket.faults.refuse(code, times=100)
    with pytest.raises(StoreUnavailable, match=f"gs://results answers {code}") as caught:
        put(store, file)
    assert not isinstance(caught.value, StoreRefused)


def test_a_refusal_names_the_role_and_the_command(
    bucket: Bucket, store: GcsStore, file: Path
) -> None:
    bucket.faults.refuse(403, "Permission denied on resource.", times=100)
    with pytest.raises(StoreRefused, match="Permission denied on resource") as caught:
        put(store, file)
    assert (
        "gcloud storage buckets add-iam-policy-binding gs://results "
        "--member=serviceAccount:EMAIL --role=roles/storage.objectAdmin"
    ) in str(caught.value)


def test_a_refusal_names_the_account(
    bucket: Bucket,
    gcs: Opener,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket.create("results")
    key_file = bucket.key_file(tmp_path, "mapper@lab.iam.gserviceaccount.com")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file))
    bucket.denied.add("storage.objects.create")
    with pytest.raises(StoreRefused, match="refuses mapper@lab") as caught:
        put(gcs(), file)
    assert "--member=serviceAccount:mapper@lab.iam.gserviceaccount.com" in str(caught.value)


def every_verb(store: GcsStore, file: Path) -> list[Callable[[], object]]:
    return [
        lambda: put(store, file),
        lambda: store.stat(KEY),
        lambda: store.open(KEY),
        lambda: store.fetch(KEY, file.with_name("fetched")),
        store.keys,
        store.check,
    ]


@pytest.mark.parametrize("verb", range(6))
def test_a_missing_bucket_is_refused_with_the_command_that_makes_it(
    gcs: Opener, file: Path, verb: int
) -> None:
    store = gcs(bucket_location="EU")
    with pytest.raises(StoreRefused, match="there is no bucket gs://results") as caught:
        every_verb(store, file)[verb]()
    assert (
        "gcloud storage buckets create gs://results --location=EU "
        "--uniform-bucket-level-access --project=test"
    ) in str(caught.value)


@pytest.mark.parametrize("verb", range(6))
def test_a_bucket_that_is_away_is_unavailable(
    bucket: Bucket, store: GcsStore, file: Path, verb: int
) -> None:
    bucket.is_away = True
    with pytest.raises(StoreUnavailable, match="gs://results") as caught:
        every_verb(store, file)[verb]()
    assert not isinstance(caught.value, StoreRefused)
    assert not file.with_name("fetched").exists()


@pytest.mark.parametrize("verb", range(6))
def test_a_silent_bucket_is_unavailable(
    bucket: Bucket, store: GcsStore, file: Path, verb: int
) -> None:
    bucket.faults.silence(5, times=100)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        every_verb(store, file)[verb]()


@pytest.mark.slow
def test_sixty_seconds_of_silence_end_in_unavailable(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results")
    bucket.faults.silence(60, times=100)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        put(gcs(Patience()), file)


def test_what_a_bucket_that_was_away_refused_is_taken_when_it_is_back(
    bucket: Bucket, store: GcsStore, file: Path
) -> None:
    bucket.is_away = True
    with pytest.raises(StoreUnavailable):
        put(store, file)
    bucket.is_away = False
    put(store, file)
    assert bucket.objects() == {KEY: file.read_bytes()}


def test_bytes_damaged_on_their_way_are_not_kept(
    bucket: Bucket, store: GcsStore, tmp_path: Path
) -> None:
    path = large(tmp_path)

    def damage() -> None:
        """The file changes between its sums and its bytes, as it would on a bad line."""
        if bucket.asked["begin"]:
            with path.open("r+b") as file:
                file.seek(19_000_000)
                file.write(b"damage")

    with pytest.raises(StoreUnavailable) as caught:
        store.put(KEY, path, content_type="image/tiff", download_name="a.tif", on_progress=damage)
    assert not isinstance(caught.value, StoreRefused)
    assert bucket.objects() == {}


def test_an_unfinished_upload_is_no_object(bucket: Bucket, store: GcsStore, tmp_path: Path) -> None:
    bucket.faults.cut(times=100, on=STORES)
    with pytest.raises(StoreUnavailable):
        put(store, large(tmp_path))
    assert (bucket.objects(), list(store.keys())) == ({}, [])


def test_a_body_that_ends_in_the_middle_is_asked_for_again(
    bucket: Bucket, gcs: Opener, tmp_path: Path
) -> None:
    bucket.create("results")
    store = gcs(PATIENT)
    path = large(tmp_path)
    put(store, path)
    bucket.faults.half(times=3)
    assert read(store) == path.read_bytes()
    store.fetch(KEY, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == path.read_bytes()
    assert bucket.faults.fired["half"] == 3


def test_bodies_that_keep_ending_in_the_middle_are_unavailable(
    bucket: Bucket, store: GcsStore, file: Path
) -> None:
    put(store, file)
    bucket.faults.half(times=1000)
    with pytest.raises(StoreUnavailable):
        read(store)
    with pytest.raises(StoreUnavailable):
        store.fetch(KEY, file.with_name("fetched"))
    assert not file.with_name("fetched").exists()


def test_damaged_bytes_are_not_fetched(bucket: Bucket, store: GcsStore, tmp_path: Path) -> None:
    path = large(tmp_path)
    put(store, path)
    bucket.damage(KEY)
    bucket.faults.half()
    with pytest.raises(StoreUnavailable, match="damaged"):
        store.fetch(KEY, tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


def test_an_object_deleted_while_it_is_read_is_said_to_be_gone(
    store: GcsStore, tmp_path: Path
) -> None:
    put(store, large(tmp_path))
    with store.open(KEY) as stream:
        stream.read(100)
        store.delete(KEY)
        with pytest.raises(StoreUnavailable, match="deleted while it was read"):
            stream.read()


def test_deleting_passes_faults_by(bucket: Bucket, store: GcsStore, file: Path) -> None:
    put(store, file)
    bucket.faults.lose(on=frozenset({"delete"}))
    store.delete(KEY)
    with pytest.raises(NotStored):
        store.stat(KEY)


def test_a_400_that_says_nothing_of_bytes_is_a_refusal(
    bucket: Bucket, store: GcsStore, file: Path
) -> None:
    bucket.faults.refuse(400, "User project specified is invalid.", times=100)
    with pytest.raises(StoreRefused, match="User project specified is invalid"):
        put(store, file)


def test_an_answer_that_is_no_json_is_unavailable(
    bucket: Bucket, store: GcsStore, file: Path
) -> None:
    bucket.faults.refuse(502, "<html>", times=100, on=ANY)
    with pytest.raises(StoreUnavailable, match="502"):
        store.stat(KEY)
