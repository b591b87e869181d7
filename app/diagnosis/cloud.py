"""The store in Google Cloud: everything that its results and links depend on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial

from app.diagnosis.bucket import check_bucket
from app.diagnosis.clock import check_clock
from app.diagnosis.credentials import SUBJECT, check_credentials
from app.diagnosis.finding import Finding
from app.diagnosis.privacy import listing
from app.diagnosis.trial import check_objects
from app.settings import ServeSettings
from app.stores.gcs_examination import Examination, endpoint
from app.stores.store import StoreUnavailable
from cyclegan.errors import SettingsError


def check_cloud(
    settings: ServeSettings, *, set_retention: bool = False, today: date | None = None
) -> Iterator[Finding]:
    """Credentials, project, buckets, rights, links and the clock; a test object comes and goes."""
    yield check_clock(endpoint())
    try:
        examination = Examination(settings)
    except (SettingsError, StoreUnavailable) as error:
        yield Finding("bad", SUBJECT, str(error))
        yield Finding("skip", "bucket", "not asked, as there are no usable credentials")
        return
    try:
        yield from check_credentials(examination)
    except StoreUnavailable:
        yield Finding("skip", "bucket", "not asked, as the credentials fail")
        return
    yield from _buckets(
        settings, examination, today or datetime.now(UTC).date(), set_retention=set_retention
    )


def _buckets(
    settings: ServeSettings, examination: Examination, today: date, *, set_retention: bool
) -> Iterator[Finding]:
    in_use, *coming = examination.buckets(today)
    look = partial(check_bucket, settings, examination, set_retention=set_retention)
    is_there = True
    try:
        yield from look(in_use, is_in_use=True)
    except StoreUnavailable:
        is_there = False
    for name in coming:
        yield from look(name, is_in_use=False)
    if not is_there:
        yield Finding("skip", "writing", "not tried, as the bucket cannot be had")
        return
    yield listing(settings, examination, in_use)
    yield from check_objects(settings, examination, today)
