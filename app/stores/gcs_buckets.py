"""What a bucket is: its name, its retention, and who decides about access to its objects."""

from __future__ import annotations

import time
from typing import Any

from google.api_core.exceptions import Forbidden, NotFound
from google.cloud import storage

from app.bucket_names import month_bucket
from app.settings import ServeSettings
from app.stores.gcs_connection import Connection

MODE_IS_KNOWN_S = 300.0
"""How long a bucket's way of access is taken for what it was."""


def bucket_name(settings: ServeSettings, month: str) -> str:
    """The name of the bucket that holds the objects of a month, `YYYY-MM`."""
    if settings.layout == "prefix":
        return settings.bucket
    return month_bucket(settings.bucket, month)


def lifecycle(bucket: storage.Bucket) -> int | None:
    """The age in days at which the bucket removes every object; None when it does not.

    The bucket must have been loaded.
    """
    ages = [rule["condition"]["age"] for rule in bucket.lifecycle_rules if _is_age_rule(rule)]
    return min(ages, default=None)


def set_retention(bucket: storage.Bucket, days: int | None) -> None:
    """Let the bucket remove every object at an age in days, or keep them; asks nobody.

    The bucket must be new or loaded; `bucket.patch()` puts it in force. Its other rules stay.
    """
    rules = [rule for rule in bucket.lifecycle_rules if not _is_age_rule(rule)]
    bucket.lifecycle_rules = rules
    if days is not None:
        bucket.add_lifecycle_delete_rule(age=days)


def is_uniform(bucket: storage.Bucket) -> bool:
    """Whether access is a matter of the bucket alone, objects having no lists of their own."""
    return bool(bucket.iam_configuration.uniform_bucket_level_access_enabled)


def is_there(connection: Connection, name: str) -> bool:
    """Whether there is a bucket of that name; whoever may handle its objects may ask."""
    try:
        next(
            iter(connection.client.list_blobs(name, max_results=1, **connection.patience.asking)),
            None,
        )
    except NotFound:
        return False
    return True


class AccessModes:
    """Whether buckets have uniform access, asked for once in a few minutes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, tuple[bool, float]] = {}

    def is_uniform(self, name: str) -> bool:
        """Whether the bucket of that name has uniform access.

        An account that may not look at the bucket takes it for uniform: that is Google's default,
        and objects are then public by the bucket's policy or not at all.
        """
        uniform, until = self._known.get(name, (True, 0.0))
        if time.monotonic() < until:
            return uniform
        return self.note(name, uniform=self._ask(name))

    def note(self, name: str, *, uniform: bool) -> bool:
        """Take the bucket for one with uniform access, or without, from now on."""
        self._known[name] = (uniform, time.monotonic() + MODE_IS_KNOWN_S)
        return uniform

    def _ask(self, name: str) -> bool:
        bucket = self._connection.client.bucket(name)
        with self._connection.telling(name):
            try:
                bucket.reload(**self._connection.patience.asking)
            except Forbidden:
                return True
        return is_uniform(bucket)


def _is_age_rule(rule: dict[str, Any]) -> bool:
    return rule["action"] == {"type": "Delete"} and set(rule["condition"]) == {"age"}
