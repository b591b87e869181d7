"""What the doctor asks of Google Cloud Storage: whose credentials, and what the buckets are.

It waits for seconds, not for as long as somebody who publishes would.
"""

from __future__ import annotations

from dataclasses import dataclass

from google.auth import compute_engine, impersonated_credentials
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.cloud import storage
from google.oauth2 import credentials as login
from google.oauth2 import service_account

from app.settings import ServeSettings
from app.stores.gcs_buckets import is_uniform, lifecycle, set_retention
from app.stores.gcs_client import Patience, account, identity, open_client
from app.stores.gcs_errors import BUCKETS, Place, told, telling
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


class Examination:
    """A short-tempered look at the buckets of the settings; opening it raises SettingsError.

    What it asks raises StoreUnavailable and StoreRefused, whose messages name the cure.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._client = open_client(settings)
        self._credentials = identity(self._client)
        self.account = account(self._client)
        """E-mail address; None where nobody's or a person's credentials are used."""
        self.project: str | None = self._client.project
        self.endpoint: str = self._client._connection.API_BASE_URL

    @property
    def kind(self) -> str:
        """Whose credentials they are."""
        kinds = (words for kind, words in KINDS if isinstance(self._credentials, kind))
        return next(kinds, type(self._credentials).__module__)

    @property
    def is_login(self) -> bool:
        """Whether a person is logged in, rather than a service account given."""
        return self.kind == LOGIN

    def prove(self) -> None:
        """Get a token with the credentials, as every request does first."""
        if isinstance(self._client._credentials, AnonymousCredentials):
            return
        try:
            self._credentials.refresh(Request())  # type: ignore[no-untyped-call]
        except GoogleAuthError as error:
            raise told(error, self.place("")) from error

    def place(self, bucket: str) -> Place:
        """The bucket and who asks it, for the commands that cure."""
        return Place(bucket, self.account, self._settings.bucket_location, self.project)

    def look(self, bucket: str) -> Nature:
        """What the bucket is."""
        with telling(self.place(bucket), role=LOOKING):
            return _nature(self._client.get_bucket(bucket, **PATIENCE.asking))

    def retain(self, bucket: str, days: int | None) -> Nature:
        """Have the bucket remove its objects at an age in days (None: keep them); what it is then.

        Other rules stay as they are.
        """
        with telling(self.place(bucket), role=BUCKETS):
            found = self._client.get_bucket(bucket, **PATIENCE.asking)
            set_retention(found, days)
            found.patch(**PATIENCE.asking)
            return _nature(found)

    def everybody(self, bucket: str) -> list[tuple[str, str]] | None:
        """(member, role) of all that the policy gives to everybody; None when it is not shown."""
        try:
            with telling(self.place(bucket)):
                policy = self._client.bucket(bucket).get_iam_policy(**PATIENCE.asking)
        except (StoreRefused, StoreUnavailable):
            return None
        return [
            (member, binding["role"])
            for binding in policy.bindings
            for member in EVERYBODY
            if member in binding["members"]
        ]


def _nature(bucket: storage.Bucket) -> Nature:
    access = bucket.iam_configuration
    return Nature(
        name=bucket.name,
        location=bucket.location or "an unknown place",
        is_uniform=is_uniform(bucket),
        is_prevented=access.public_access_prevention == "enforced",
        retention_days=lifecycle(bucket),
    )
