"""Which bucket holds which month's objects, and under which names.

prefix              gs://<bucket>/2026-11/<token>/<name>
bucket-per-month    gs://<bucket>-2026-11/<token>/<name>
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Protocol

from app.bucket_names import month_bucket, month_of
from app.stores import keys
from app.stores.gcs_connection import Connection
from app.stores.gcs_errors import BUCKETS
from app.stores.gcs_months import MonthlyBuckets


class Layout(Protocol):
    """Says where keys are."""

    def place(self, key: str) -> tuple[str, str]:
        """The bucket and the object's name; raises ValueError when it is no key."""

    def folders(self, prefix: str) -> Iterator[tuple[str, str, str]]:
        """Where keys with the prefix are: a bucket, the prefix in it, and what precedes a name."""

    def require(self, key: str) -> None:
        """Raise StoreRefused when the key's bucket is not ours to write to."""

    def look_ahead(self, today: date) -> None:
        """Make the buckets that this month and the next will need."""

    def today(self, today: date) -> str:
        """The bucket that takes the objects of a day."""


class OneBucket:
    """A folder for each month in the bucket of the settings, which an administrator has made."""

    def __init__(self, connection: Connection) -> None:
        self._bucket = connection.settings.bucket

    def place(self, key: str) -> tuple[str, str]:
        """The bucket, and the key itself."""
        keys.parts(key)
        return self._bucket, key

    def folders(self, prefix: str) -> Iterator[tuple[str, str, str]]:
        """The bucket."""
        yield self._bucket, prefix, ""

    def require(self, key: str) -> None:
        """Do nothing: whoever named the bucket in the settings meant it."""

    def look_ahead(self, today: date) -> None:
        """Do nothing: a folder comes with its first object."""

    def today(self, today: date) -> str:  # noqa: ARG002
        """The bucket."""
        return self._bucket


class BucketPerMonth:
    """A bucket for each month, made ahead of time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._base = connection.settings.bucket
        self._months = MonthlyBuckets(connection)

    def place(self, key: str) -> tuple[str, str]:
        """The month's bucket, and the key without its month."""
        month, token, name = keys.parts(key)
        return month_bucket(self._base, month), f"{token}/{name}"

    def folders(self, prefix: str) -> Iterator[tuple[str, str, str]]:
        """The buckets of the months that the prefix allows, as far as they are there."""
        wanted, _, rest = prefix.partition("/")
        with self._connection.telling(month_bucket(self._base, wanted), role=BUCKETS):
            found = self._months.names(month_bucket(self._base, wanted))
        for name in found:
            month = month_of(self._base, name)
            if month is not None and f"{month}/".startswith(prefix[: len(month) + 1]):
                yield name, rest, f"{month}/"

    def require(self, key: str) -> None:
        """Raise StoreRefused when somebody else has taken the name of the month's bucket."""
        self._months.require(keys.parts(key)[0])

    def look_ahead(self, today: date) -> None:
        """Make this month's bucket, and late in the month the next one's."""
        self._months.look_ahead(today)

    def today(self, today: date) -> str:
        """The bucket of its month."""
        return month_bucket(self._base, f"{today:%Y-%m}")


LAYOUTS: dict[str, type[OneBucket] | type[BucketPerMonth]] = {
    "prefix": OneBucket,
    "bucket-per-month": BucketPerMonth,
}
