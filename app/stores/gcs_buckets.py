"""Which bucket holds which month's objects, what buckets are, and how monthly ones are made.

prefix              gs://<bucket>/2026-11/<token>/<name>
bucket-per-month    gs://<bucket>-2026-11/<token>/<name>
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from google.api_core.exceptions import Conflict, Forbidden
from google.cloud import storage

from app.bucket_names import month_bucket, month_of
from app.settings import ServeSettings
from app.stores.gcs_client import Patience
from app.stores.gcs_errors import BUCKETS, PUBLIC, Place, prevented, telling
from app.stores.store import StoreRefused

AHEAD_FROM_DAY = 25
"""Of a month: from then on the next month's bucket is there."""
BETWEEN_CREATIONS_S = 2.0
"""Google lets a project make about one bucket in two seconds."""
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


def _is_age_rule(rule: dict[str, Any]) -> bool:
    return rule["action"] == {"type": "Delete"} and set(rule["condition"]) == {"age"}
