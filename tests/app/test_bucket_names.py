"""Names that buckets can have, and those of the months."""

from __future__ import annotations

import pytest

from app.bucket_names import check_bucket_name, month_bucket, month_of


@pytest.mark.parametrize("name", ["abc", "a-b_c", "0lab0", "muse-results", "a" * 63])
def test_what_a_bucket_may_be_called_passes(name: str) -> None:
    check_bucket_name(name, monthly=False)


@pytest.mark.parametrize(
    "name",
    ["", "ab", "a" * 64, "Lab", "a b", "-ab", "ab-", "_ab", "lab.org", "läb", "gs://lab", "a/b"],
)
def test_what_no_bucket_may_be_called_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="bucket"):
        check_bucket_name(name, monthly=False)


@pytest.mark.parametrize("name", ["google", "goog-lab", "my-google-lab"])
def test_names_that_google_keeps_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="google"):
        check_bucket_name(name, monthly=False)


def test_a_monthly_name_leaves_room_for_the_month() -> None:
    check_bucket_name("a" * 55, monthly=True)
    with pytest.raises(ValueError, match="3 to 55"):
        check_bucket_name("a" * 56, monthly=True)


def test_the_months_bucket_is_known_by_its_name() -> None:
    assert month_of("lab", month_bucket("lab", "2026-11")) == "2026-11"


@pytest.mark.parametrize(
    "name", ["lab", "lab-2026-13", "lab-2026-1", "lab-x-2026-11", "labs-2026-11"]
)
def test_other_names_are_no_months_bucket(name: str) -> None:
    assert month_of("lab", name) is None
