"""What the doctor asks of Google Cloud Storage: whose credentials, and what the buckets are.

It waits for seconds, not for as long as somebody who publishes would.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from google.api_core.exceptions import NotFound
from google.auth import compute_engine, impersonated_credentials
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.cloud import storage
from google.oauth2 import credentials as login
from google.oauth2 import service_account

from app.settings import ServeSettings
from app.stores.gcs import GcsStore
from app.stores.gcs_buckets import bucket_name, is_uniform, lifecycle, set_retention
from app.stores.gcs_client import EMULATOR, Patience, account
from app.stores.gcs_connection import Connection, connect
from app.stores.gcs_errors import BUCKETS, Place, told
from app.stores.gcs_layouts import LAYOUTS
from app.stores.gcs_months import AHEAD_FROM_DAY
from app.stores.store import StoreRefused, StoreUnavailable

PATIENCE = Patience(connect_s=5, silence_s=8, retry_s=3)
LOOKING = "roles/storage.legacyBucketReader"
"""Read what a bucket is; `objectAdmin` is about its objects only."""
EVERYBODY = ("allUsers", "allAuthenticatedUsers")
KINDS: tuple[tuple[type[Credentials], str], ...] = (
    (service_account.Credentials, "the key file of a service account"),
    (compute_engine.Credentials, "the service account attached to this machine"),
    (impersonated_credentials.Credentials, "a service account that a login acts as"),
    (login.Credentials, LOGIN := "the login of a person"),
    (AnonymousCredentials, "none, as an emulator stands in for the store"),
)


@dataclass(frozen=True)
class Nature:
    """What a bucket is."""

    name: str
    location: str
    is_uniform: bool
    """The bucket's policy alone decides who reads; objects have no lists of their own."""
    is_prevented: bool
    """Nothing in it can be public."""
    retention_days: int | None
    """Age at which it removes every object."""


def endpoint() -> str:
    """Where Google Cloud Storage answers, or what stands in for it."""
    return os.environ.get(EMULATOR) or "https://storage.googleapis.com"


class NotThere(StoreRefused):
    """There is no such bucket."""


class Examination:
    """A short-tempered look at the buckets of the settings.

    Opening it raises SettingsError without credentials; that, too, and whatever it asks raises
    StoreUnavailable and StoreRefused, whose messages name the cure.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._connection, self.store = _open(settings)
        self._client = self._connection.client
        self._layout = LAYOUTS[settings.layout](self._connection)
        self.account = account(self._client)
        """E-mail address; None where nobody's or a person's credentials are used."""
        self.project: str | None = self._client.project

    @property
    def kind(self) -> str:
        """Whose credentials they are."""
        kinds = (words for kind, words in KINDS if isinstance(self._connection.identity, kind))
        return next(kinds, type(self._connection.identity).__module__)

    @property
    def is_login(self) -> bool:
        """Whether a person is logged in, rather than a service account given."""
        return self.kind == LOGIN

    def prove(self) -> None:
        """Get a token with the credentials, as every request does first."""
        if isinstance(self._client._credentials, AnonymousCredentials):
            return
        try:
            asking = partial(Request(), timeout=PATIENCE.silence_s)
            self._connection.identity.refresh(asking)  # type: ignore[no-untyped-call]
        except GoogleAuthError as error:
            raise told(error, self.place("")) from error

    def place(self, bucket: str) -> Place:
        """The bucket and who asks it, for the commands that cure."""
        return self._connection.place(bucket)

    def buckets(self, today: date) -> list[str]:
        """The bucket that is in use, and the one that will soon be, if it is another."""
        ahead = [today.replace(day=1) + timedelta(days=31)] if today.day >= AHEAD_FROM_DAY else []
        names = (bucket_name(self._connection.settings, f"{day:%Y-%m}") for day in (today, *ahead))
        return list(dict.fromkeys(names))

    def bucket_of(self, key: str) -> str:
        """The bucket that holds the object of a key."""
        return self._layout.place(key)[0]

    def object_address(self, key: str) -> str:
        """Where the object would be seen by everybody, if it were public."""
        return "/".join((endpoint(), *self._layout.place(key)))

    def list_address(self, bucket: str) -> str:
        """Where everybody would see which objects there are, if they may."""
        return f"{endpoint()}/storage/v1/b/{bucket}/o?maxResults=1"

    def look(self, bucket: str) -> Nature:
        """What the bucket is; raises NotThere, too."""
        with self._connection.telling(bucket, role=LOOKING):
            try:
                return _nature(self._client.get_bucket(bucket, **PATIENCE.asking))
            except NotFound as error:
                raise NotThere(str(told(error, self.place(bucket)))) from error

    def retain(self, bucket: str, days: int | None) -> Nature:
        """Have the bucket remove its objects at an age in days (None: keep them); what it is then.

        Other rules stay as they are.
        """
        with self._connection.telling(bucket, role=BUCKETS):
            found = self._client.get_bucket(bucket, **PATIENCE.asking)
            set_retention(found, days)
            found.patch(**PATIENCE.asking)
            return _nature(found)

    def everybody(self, bucket: str) -> list[tuple[str, str]] | None:
        """(member, role) of all that the policy gives to everybody; None when it is not shown."""
        try:
            with self._connection.telling(bucket):
                policy = self._client.bucket(bucket).get_iam_policy(**PATIENCE.asking)
        except (StoreRefused, StoreUnavailable):
            return None
        return [
            (member, binding["role"])
            for binding in policy.bindings
            for member in EVERYBODY
            if member in binding["members"]
        ]


def _open(settings: ServeSettings) -> tuple[Connection, GcsStore]:
    """A connection, and what the service itself would use; both with less patience."""
    try:
        return connect(settings, PATIENCE), GcsStore(settings, patience=PATIENCE)
    except GoogleAuthError as error:
        raise told(error, Place("", None, settings.bucket_location)) from error


def _nature(bucket: storage.Bucket) -> Nature:
    access = bucket.iam_configuration
    return Nature(
        name=bucket.name,
        location=bucket.location or "an unknown place",
        is_uniform=is_uniform(bucket),
        is_prevented=access.public_access_prevention == "enforced",
        retention_days=lifecycle(bucket),
    )
