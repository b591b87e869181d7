"""A bucket for each month is there before its first object, and is ours."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import requests

from app.stores import StoreRefused, StoreUnavailable
from app.stores.gcs import GcsStore
from app.stores.gcs_months import BETWEEN_CREATIONS_S
from tests.app.stores.conftest import Opener
from tests.app.stores.objects import KEY, UNGUESSED, put
from tests.bucket import Bucket


def monthly(gcs: Opener, **settings: object) -> GcsStore:
    return gcs(layout="bucket-per-month", **settings)


@pytest.mark.parametrize(
    ("today", "made"),
    [
        (date(2026, 11, 1), {"results-2026-11"}),
        (date(2026, 11, 24), {"results-2026-11"}),
        (date(2026, 11, 25), {"results-2026-11", "results-2026-12"}),
        (date(2026, 12, 31), {"results-2026-12", "results-2027-01"}),
        (date(2028, 2, 29), {"results-2028-02", "results-2028-03"}),
        (date(2027, 1, 31), {"results-2027-01", "results-2027-02"}),
    ],
)
def test_the_next_months_bucket_is_made_from_day_25(
    bucket: Bucket, gcs: Opener, today: date, made: set[str]
) -> None:
    monthly(gcs).look_ahead(today)
    assert bucket.names == made


def test_two_buckets_are_not_made_at_once(bucket: Bucket, gcs: Opener) -> None:
    monthly(gcs).look_ahead(date(2026, 11, 30))
    first, second = bucket.creations
    assert second - first >= BETWEEN_CREATIONS_S - 0.1  # the clocks are read at different places


def test_what_has_been_looked_at_is_not_asked_for_again(bucket: Bucket, gcs: Opener) -> None:
    store = monthly(gcs)
    store.look_ahead(date(2026, 11, 1))
    bucket.is_away = True
    store.look_ahead(date(2026, 11, 24))


def test_a_bucket_is_made_as_the_settings_want_it(bucket: Bucket, gcs: Opener) -> None:
    store = monthly(gcs, bucket_location="EU", retention_days=90, links="public")
    store.look_ahead(date(2026, 11, 1))
    made = bucket.described("results-2026-11")
    assert made["location"] == "EU"
    assert made["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"]
    assert made["lifecycle"]["rule"] == [{"action": {"type": "Delete"}, "condition": {"age": 90}}]
    assert bucket.policy("results-2026-11")["bindings"] == [
        {"role": "roles/storage.legacyObjectReader", "members": ["allUsers"]}
    ]


@pytest.mark.parametrize("links", ["signed", "proxy"])
def test_a_bucket_is_not_made_public_unasked(bucket: Bucket, gcs: Opener, links: str) -> None:
    monthly(gcs, links=links).look_ahead(date(2026, 11, 1))
    assert bucket.policy("results-2026-11")["bindings"] == []


def test_what_is_put_into_a_bucket_made_ahead_opens_at_once(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    store = monthly(gcs, links="public")
    store.look_ahead(date(2026, 11, 1))
    put(store, file)
    store.ensure_opens(KEY)
    assert requests.get(store.link(KEY), timeout=10).content == file.read_bytes()


def test_a_bucket_of_ours_that_is_there_is_brought_up_to_date(bucket: Bucket, gcs: Opener) -> None:
    bucket.create("results-2026-11")
    rule = {
        "action": {"type": "SetStorageClass", "storageClass": "NEARLINE"},
        "condition": {"age": 7},
    }
    bucket.described("results-2026-11")["lifecycle"] = {"rule": [rule]}
    for _ in range(2):
        monthly(gcs, retention_days=30, links="public").look_ahead(date(2026, 11, 1))
    assert bucket.described("results-2026-11")["lifecycle"]["rule"] == [
        rule,
        {"action": {"type": "Delete"}, "condition": {"age": 30}},
    ]
    assert len(bucket.policy("results-2026-11")["bindings"]) == 1
    assert bucket.creations == []


def test_a_name_that_is_somebody_elses_is_refused(bucket: Bucket, gcs: Opener, file: Path) -> None:
    bucket.create("results-2026-11", foreign=True)
    store = monthly(gcs)
    with pytest.raises(StoreRefused, match="belongs to somebody else"):
        store.look_ahead(date(2026, 11, 1))


def test_nothing_is_sent_to_a_bucket_that_is_not_ours(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    bucket.create("results-2026-11", foreign=True)
    with pytest.raises(StoreRefused):
        put(monthly(gcs), file)
    assert bucket.asked["store"] == 0


def test_buckets_that_two_processes_make_at_once_are_made_once(bucket: Bucket, gcs: Opener) -> None:
    bucket.faults.lose(on=frozenset({"bucket"}), times=2)
    monthly(gcs).look_ahead(date(2026, 11, 1))
    assert bucket.names == {"results-2026-11"}
    assert len(bucket.creations) == 1


def test_an_account_that_may_make_no_buckets_is_told_the_role(bucket: Bucket, gcs: Opener) -> None:
    bucket.denied.add("storage.buckets.create")
    with pytest.raises(StoreRefused, match=r"roles/storage\.admin") as caught:
        monthly(gcs).look_ahead(date(2026, 11, 1))
    assert "gcloud projects add-iam-policy-binding test" in str(caught.value)


def test_a_month_without_a_bucket_is_refused_on_the_way_of_a_job(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    with pytest.raises(StoreRefused, match="there is no bucket gs://results-2026-11"):
        put(monthly(gcs), file)
    assert bucket.creations == []


def test_buckets_that_cannot_be_made_now_are_made_later(bucket: Bucket, gcs: Opener) -> None:
    store = monthly(gcs)
    bucket.is_away = True
    with pytest.raises(StoreUnavailable):
        store.look_ahead(date(2026, 11, 1))
    bucket.is_away = False
    store.look_ahead(date(2026, 11, 1))
    assert bucket.names == {"results-2026-11"}


def test_a_months_keys_are_listed_from_its_bucket_alone(
    bucket: Bucket, gcs: Opener, file: Path
) -> None:
    for month in ("2026-10", "2026-11"):
        bucket.create(f"results-{month}")
    bucket.create("results-of-others")
    store = monthly(gcs)
    put(store, file)
    put(store, file, f"2026-10/{UNGUESSED}/result.tif")
    bucket.asked.clear()
    assert list(store.keys(f"2026-11/{UNGUESSED}/")) == [KEY]
    assert bucket.asked["list"] == 1


def test_a_months_bucket_that_was_removed_holds_no_keys(bucket: Bucket, gcs: Opener) -> None:
    store = monthly(gcs)
    assert list(store.keys("2026-11/")) == []
    store.delete(KEY)


def test_one_bucket_for_all_months_is_never_made(bucket: Bucket, gcs: Opener) -> None:
    gcs().look_ahead(date(2026, 11, 30))
    assert (bucket.names, bucket.asked.total()) == (set(), 0)
