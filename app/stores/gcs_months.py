"""Monthly buckets: made ahead of time, because Google lets nobody make them by the way.

Names of buckets are one space for the whole world, and ours can be guessed. So a bucket counts as
ours only when our own project lists it: images are never sent to a bucket that somebody else has
made under the name.
"""

from __future__ import annotations

import time
from datetime import date, timedelta

from google.api_core.exceptions import Conflict
from google.cloud import storage

from app.bucket_names import month_bucket
from app.stores.gcs_buckets import lifecycle, set_retention
from app.stores.gcs_connection import Connection
from app.stores.gcs_errors import BUCKETS, PUBLIC, missing
from app.stores.store import StoreRefused

AHEAD_FROM_DAY = 25
"""Of a month: from then on the next month's bucket is made."""
BETWEEN_CREATIONS_S = 2.0
"""A project may make about one bucket in this time."""
EVERYBODY = "allUsers"


class MonthlyBuckets:
    """The buckets `<base>-YYYY-MM` of the project; what has been seen is not asked for again."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ready: set[str] = set()
        self._ours: set[str] = set()
        self._last_creation = -BETWEEN_CREATIONS_S

    def look_ahead(self, today: date) -> None:
        """Make this month's bucket, and from day 25 on the next one's, as the settings want them.

        Raises StoreRefused when the name belongs to somebody else.
        """
        self._make_ready(f"{today:%Y-%m}")
        if today.day >= AHEAD_FROM_DAY:
            self._make_ready(f"{today.replace(day=1) + timedelta(days=31):%Y-%m}")

    def require(self, month: str) -> None:
        """Raise StoreRefused when the month's bucket is missing or somebody else's."""
        name = month_bucket(self._connection.settings.bucket, month)
        if name in self._ours:
            return
        with self._connection.telling(name, role=BUCKETS):
            if self._find(name) is None:
                raise missing(self._connection.place(name))
        self._ours.add(name)

    def names(self, prefix: str) -> list[str]:
        """The names of our buckets that begin with the prefix."""
        return [bucket.name for bucket in self._listed(prefix)]

    def _make_ready(self, month: str) -> None:
        name = month_bucket(self._connection.settings.bucket, month)
        if name in self._ready:
            return
        with self._connection.telling(name, role=BUCKETS):
            bucket = self._find(name) or self._create(name)
            self._settle_retention(bucket)
            self._settle_policy(bucket)
        self._ready.add(name)
        self._ours.add(name)

    def _find(self, name: str) -> storage.Bucket | None:
        return next((bucket for bucket in self._listed(name) if bucket.name == name), None)

    def _listed(self, prefix: str) -> list[storage.Bucket]:
        asking = self._connection.patience.asking
        return list(self._connection.client.list_buckets(prefix=prefix, **asking))

    def _create(self, name: str) -> storage.Bucket:
        settings = self._connection.settings
        bucket = self._connection.client.bucket(name)
        bucket.iam_configuration.uniform_bucket_level_access_enabled = True
        set_retention(bucket, settings.retention_days)
        self._take_turn()
        try:
            self._connection.client.create_bucket(
                bucket, location=settings.bucket_location, **self._connection.patience.asking
            )
        except Conflict as conflict:
            # Made by another process of ours since we looked, or never ours.
            found = self._find(name)
            if found is None:
                raise _taken(name) from conflict
            return found
        return bucket

    def _take_turn(self) -> None:
        time.sleep(max(0.0, self._last_creation + BETWEEN_CREATIONS_S - time.monotonic()))
        self._last_creation = time.monotonic()

    def _settle_retention(self, bucket: storage.Bucket) -> None:
        days = self._connection.settings.retention_days
        if days is not None and lifecycle(bucket) != days:
            set_retention(bucket, days)
            bucket.patch(**self._connection.patience.asking)

    def _settle_policy(self, bucket: storage.Bucket) -> None:
        if self._connection.settings.links != "public":
            return
        asking = self._connection.patience.asking
        policy = bucket.get_iam_policy(requested_policy_version=3, **asking)
        if not any(
            binding["role"] == PUBLIC and EVERYBODY in binding["members"]
            for binding in policy.bindings
        ):
            policy.bindings.append({"role": PUBLIC, "members": {EVERYBODY}})
            bucket.set_iam_policy(policy, **asking)


def _taken(name: str) -> StoreRefused:
    return StoreRefused(
        f"the bucket gs://{name} belongs to somebody else: names of buckets are taken for the "
        "whole world; choose another name: COLORMAPPER_BUCKET"
    )
