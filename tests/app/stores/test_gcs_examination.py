"""What the doctor sees of the buckets, in which month and with whose credentials."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from app.diagnosis.cloud import check_cloud
from app.diagnosis.finding import Finding
from app.settings import ServeSettings
from app.stores import StoreRefused
from app.stores.gcs_examination import Examination, NotThere
from tests.bucket import Bucket

EARLY, LATE, LAST = date(2026, 11, 24), date(2026, 11, 25), date(2026, 12, 31)


def settings(tmp_path: Path, **given: object) -> ServeSettings:
    values = {"store": "gcs", "bucket": "lab", "data_dir": tmp_path, "links": "proxy", **given}
    return ServeSettings.model_validate(values)


def monthly(tmp_path: Path) -> ServeSettings:
    return settings(tmp_path, layout="bucket-per-month")


def about(findings: list[Finding], subject: str) -> list[tuple[str, str]]:
    """(level, the bucket it names) of the findings on a subject."""
    return [
        (finding.level, finding.text.partition("gs://")[2].split()[0].rstrip(";"))
        for finding in findings
        if finding.subject == subject
    ]


@pytest.mark.parametrize(
    ("today", "buckets"),
    [
        (EARLY, ["lab-2026-11"]),
        (LATE, ["lab-2026-11", "lab-2026-12"]),
        (LAST, ["lab-2026-12", "lab-2027-01"]),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_late_in_a_month_the_next_ones_bucket_is_looked_at_too(
    tmp_path: Path, today: date, buckets: list[str]
) -> None:
    assert Examination(monthly(tmp_path)).buckets(today) == buckets
    assert Examination(settings(tmp_path)).buckets(today) == ["lab"]


def test_the_bucket_of_the_coming_month_may_be_missing_for_a_while(
    bucket: Bucket, tmp_path: Path
) -> None:
    bucket.create("lab-2026-11")
    findings = list(check_cloud(monthly(tmp_path), today=LATE))
    assert about(findings, "bucket") == [("ok", "lab-2026-11"), ("warn", "lab-2026-12")]
    assert not [finding for finding in findings if finding.level == "bad"]


def test_the_test_object_goes_to_the_bucket_of_the_month(bucket: Bucket, tmp_path: Path) -> None:
    bucket.create("lab-2026-11")
    bucket.denied.add("storage.objects.delete")
    list(check_cloud(monthly(tmp_path), today=EARLY))
    (name,) = bucket.objects("lab-2026-11")
    assert name.endswith("/doctor.txt")
    assert name.count("/") == 1


def test_the_missing_bucket_of_the_month_is_bad(bucket: Bucket, tmp_path: Path) -> None:
    bucket.create("lab-2026-12")
    findings = list(check_cloud(monthly(tmp_path), today=LATE))
    assert about(findings, "bucket") == [("bad", "lab-2026-11"), ("ok", "lab-2026-12")]


def test_each_look_at_a_bucket_is_told_why_it_fails(bucket: Bucket, tmp_path: Path) -> None:
    examination = Examination(settings(tmp_path))
    with pytest.raises(NotThere, match="there is no bucket gs://lab"):
        examination.look("lab")
    bucket.create("lab")
    bucket.denied.add("storage.buckets.get")
    with pytest.raises(StoreRefused, match=r"roles/storage\.legacyBucketReader"):
        examination.look("lab")


@pytest.mark.parametrize(
    ("uniform", "prevention"), [(True, False), (False, False), (True, True), (False, True)]
)
def test_a_bucket_is_described_as_it_is(
    bucket: Bucket, tmp_path: Path, uniform: bool, prevention: bool
) -> None:
    bucket.create("lab", uniform=uniform, prevention=prevention)
    nature = Examination(settings(tmp_path)).look("lab")
    assert (nature.is_uniform, nature.is_prevented) == (uniform, prevention)


def test_retention_can_be_ended(bucket: Bucket, tmp_path: Path) -> None:
    bucket.create("lab")
    examination = Examination(settings(tmp_path))
    assert examination.retain("lab", 7).retention_days == 7
    assert examination.retain("lab", None).retention_days is None
    assert examination.look("lab").retention_days is None


def test_only_what_is_granted_to_everybody_is_told(bucket: Bucket, tmp_path: Path) -> None:
    bucket.create("lab", public=True)
    bucket.grant("lab", "roles/storage.admin", "user:ada@example.org")
    granted = Examination(settings(tmp_path)).everybody("lab")
    assert granted == [("allUsers", "roles/storage.legacyObjectReader")]


def test_whose_credentials_they_are_is_told(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "emulator" in Examination(settings(tmp_path)).kind
    key = bucket.key_file(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    examination = Examination(settings(tmp_path))
    assert examination.kind == "the key file of a service account"
    assert examination.account == "mapper@test.iam.gserviceaccount.com"


def test_credentials_that_are_refused_end_the_questions(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an emulator: the token's address is the bucket's, where it is refused."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(bucket.key_file(tmp_path)))
    monkeypatch.setenv("https_proxy", bucket.url)  # nothing leaves this machine
    monkeypatch.delenv("STORAGE_EMULATOR_HOST")
    bucket.faults.refuse(400, "invalid_grant", times=9)
    findings = list(check_cloud(settings(tmp_path), today=EARLY))
    assert [finding.level for finding in findings] == ["skip", "bad", "skip"]


def test_the_login_of_a_person_is_warned_of(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.create("lab")
    login = {"type": "authorized_user", "client_id": "a", "client_secret": "b"}
    (tmp_path / "login.json").write_text(json.dumps({**login, "refresh_token": "c"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "login.json"))
    findings = list(check_cloud(settings(tmp_path), today=EARLY))
    assert [f.level for f in findings if f.subject == "credentials"] == ["warn"]
