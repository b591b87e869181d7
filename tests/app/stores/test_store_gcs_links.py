"""Links open for whom they should, and when they do not, somebody is told what to change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

from app.stores import StoreRefused, StoreUnavailable
from app.stores.gcs import GcsStore
from tests.app.stores.conftest import Opener
from tests.app.stores.objects import KEY, UNGUESSED, put
from tests.bucket import READS, Bucket

EVERYBODY = (
    "gcloud storage buckets add-iam-policy-binding gs://results "
    "--member=allUsers --role=roles/storage.legacyObjectReader"
)


def status(link: str) -> int:
    return requests.get(link, timeout=10).status_code


def test_a_public_link_is_the_buckets_own_and_opens(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results", public=True)
    store = gcs(links="public")
    put(store, file)
    store.ensure_opens(KEY)
    assert store.link(KEY) == store.fresh_link(KEY) == f"{bucket.url}/results/{KEY}"
    assert status(store.link(KEY)) == 200


def test_where_access_is_fine_grained_the_object_is_public_by_itself(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results", uniform=False)
    store = gcs(links="public")
    put(store, file)
    store.ensure_opens(KEY)
    assert status(store.link(KEY)) == 200


@pytest.mark.parametrize("links", ["signed", "proxy"])
def test_objects_are_not_made_public_unasked(
    bucket: Bucket, gcs: Opener, file: Path, links: str
) -> None:
    bucket.create("results", uniform=False)
    put(gcs(links=links), file)
    assert bucket.metadata(KEY)["acl"] == []


def test_a_public_link_that_opens_for_nobody_is_refused_with_the_cure(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results")
    store = gcs(links="public")
    put(store, file)
    with pytest.raises(StoreRefused, match="open for nobody") as caught:
        store.ensure_opens(KEY)
    assert EVERYBODY in str(caught.value)


def test_the_cure_opens_links_and_lists_nothing(bucket: Bucket, gcs: Opener, file: Path) -> None:
    bucket.create("results")
    store = gcs(links="public")
    put(store, file)
    bucket.grant("results", re.findall(r"role=(\S+)", EVERYBODY)[0])
    store.ensure_opens(KEY)
    assert status(f"{bucket.url}/storage/v1/b/results/o") == 401


def test_prevented_public_access_is_refused_and_leaves_no_object(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results", uniform=False, prevention=True)
    with pytest.raises(StoreRefused, match="prevents public access") as caught:
        put(gcs(links="public"), file)
    assert "--no-public-access-prevention" in str(caught.value)
    assert bucket.objects() == {}


def test_an_account_that_may_not_look_at_the_bucket_takes_it_for_uniform(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results", public=True)
    bucket.denied.add("storage.buckets.get")
    store = gcs(links="public")
    put(store, file)
    store.ensure_opens(KEY)
    assert bucket.metadata(KEY)["acl"] == []


def test_a_bucket_that_became_uniform_takes_the_next_object(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results", uniform=False)
    store = gcs(links="public")
    put(store, file)
    bucket.described()["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"] = True
    other = f"2026-11/{UNGUESSED}/result.png"
    put(store, file, other)
    assert set(bucket.objects()) == {KEY, other}
    assert bucket.metadata(other)["acl"] == []


def test_the_way_of_access_is_asked_for_once(bucket: Bucket, gcs: Opener, file: Path) -> None:
    bucket.create("results", uniform=False)
    store = gcs(links="public")
    for number in range(3):
        put(store, file, f"2026-11/{UNGUESSED}/result-{number}.tif")
    assert bucket.asked["bucket"] == 1


def test_a_link_that_cannot_be_tried_now_is_unavailable(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results", public=True)
    store = gcs(links="public")
    put(store, file)
    bucket.faults.refuse(503, on=READS)
    with pytest.raises(StoreUnavailable, match="503") as caught:
        store.ensure_opens(KEY)
    assert not isinstance(caught.value, StoreRefused)


def test_an_empty_object_opens(bucket: Bucket, gcs: Opener, file: Path) -> None:
    bucket.create("results", public=True)
    file.write_bytes(b"")
    store = gcs(links="public")
    put(store, file)
    store.ensure_opens(KEY)


@pytest.fixture
def signed(
    bucket: Bucket, gcs: Opener, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> GcsStore:
    """A store that signs with a key file; it holds one object."""
    bucket.create("results")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(bucket.key_file(tmp_path)))
    store = gcs(links="signed")
    put(store, file)
    return store


def test_the_link_of_a_signed_object_is_a_lasting_one_of_ours(signed: GcsStore) -> None:
    assert signed.link(KEY) == f"/s/{UNGUESSED}/result.tif"


def test_a_signed_address_opens_and_its_object_does_not_without(
    bucket: Bucket, signed: GcsStore, file: Path
) -> None:
    signed.ensure_opens(KEY)
    assert requests.get(signed.fresh_link(KEY), timeout=10).content == file.read_bytes()
    assert status(f"{bucket.url}/results/{KEY}") == 403


def test_a_signed_address_is_good_for_its_object_alone(signed: GcsStore) -> None:
    assert status(signed.fresh_link(KEY).replace("result.tif", "result.png")) == 403


@pytest.mark.parametrize("hours", [1, 24, 168])
def test_a_signed_address_is_valid_as_long_as_the_settings_say(
    signed: GcsStore, gcs: Opener, hours: int
) -> None:
    link = gcs(links="signed", link_hours=hours).fresh_link(KEY)
    assert f"X-Goog-Expires={hours * 3600}&" in link
    assert status(link) == 200


def test_an_expired_signed_address_opens_no_more(bucket: Bucket, signed: GcsStore) -> None:
    link = signed.fresh_link(KEY)
    bucket.clock_s = 24 * 3600 + 60
    assert status(link) == 400


def test_an_account_whose_links_are_refused_is_named(bucket: Bucket, signed: GcsStore) -> None:
    bucket.keys.clear()
    with pytest.raises(StoreRefused, match="mapper@test") as caught:
        signed.ensure_opens(KEY)
    assert "--role=roles/storage.objectAdmin" in str(caught.value)


def test_without_an_account_nothing_is_signed(bucket: Bucket, gcs: Opener) -> None:
    bucket.create("results")
    with pytest.raises(StoreRefused, match="needs a service account"):
        gcs(links="signed").fresh_link(KEY)
