"""The connection to Google Cloud Storage: whose credentials, and how long to wait for an answer.

Credentials are Google's Application Default Credentials: the key file that
GOOGLE_APPLICATION_CREDENTIALS names, or the service account attached to the machine. Where
STORAGE_EMULATOR_HOST names an emulator, requests carry none, and a key file only signs links.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import google.auth
from google.auth import environment_vars
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY

from app.settings import ServeSettings
from app.stores.gcs_transport import Transport
from cyclegan.errors import SettingsError

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""What the account's roles allow; signing without a key needs more than the storage scopes."""
EMULATOR = "STORAGE_EMULATOR_HOST"


@dataclass(frozen=True)
class Patience:
    """How long a request may take."""

    connect_s: float = 5
    silence_s: float = 30
    """Seconds without a byte of the answer."""
    retry_s: float = 15
    """Seconds for which the library tries again by itself; whoever publishes tries again, too."""

    @property
    def timeout(self) -> tuple[float, float]:
        """As `requests` takes it: seconds to connect, seconds of silence."""
        return self.connect_s, self.silence_s

    @property
    def asking(self) -> dict[str, Any]:
        """What is passed to each call of the library."""
        retry = DEFAULT_RETRY.with_timeout(self.retry_s).with_delay(0.3, 4, 2)
        return {"timeout": self.timeout, "retry": retry}


def open_client(settings: ServeSettings) -> storage.Client:
    """A client that keeps its connections; several threads may use it.

    Asks nobody but where the credentials come from. Raises SettingsError when there are none, or
    when monthly buckets shall be made and no project is named.
    """
    if emulator := os.environ.get(EMULATOR):
        if not emulator.startswith(("http://", "https://")):
            raise SettingsError(
                f"{EMULATOR} is {emulator!r}; it must begin with http:// or https://"
            )
        return _connected(storage.Client(project=_project()))
    credentials, project = _default_credentials()
    if project is None and settings.layout == "bucket-per-month":
        raise SettingsError(
            "layout: bucket-per-month needs the project in which to make buckets; name it: "
            "export GOOGLE_CLOUD_PROJECT=PROJECT"
        )
    return _connected(storage.Client(project=project, credentials=credentials))


def identity(client: storage.Client) -> Credentials:
    """Who signs links: the client's credentials, or, beside an emulator, those of a key file.

    Without any these are anonymous. Raises SettingsError for a key file that cannot be read.
    """
    credentials: Credentials = client._credentials
    if isinstance(credentials, AnonymousCredentials) and _has_key_file():
        return _default_credentials()[0]
    return credentials


def account(client: storage.Client) -> str | None:
    """The e-mail address that roles are granted to; None when the credentials are nobody's.

    Asks the machine who it is when its attached account has not been used yet.
    """
    credentials = identity(client)
    if known_account(credentials) is None and hasattr(credentials, "service_account_email"):
        try:
            credentials.refresh(Request())  # type: ignore[no-untyped-call]
        except GoogleAuthError:
            return None
    return known_account(credentials)


def known_account(credentials: Credentials) -> str | None:
    """The e-mail address of the credentials as far as it is known without asking."""
    for name in ("service_account_email", "account"):
        email = getattr(credentials, name, None)
        if isinstance(email, str) and "@" in email:
            return email
    return None


def _default_credentials() -> tuple[Credentials, str | None]:
    try:
        return google.auth.default(scopes=SCOPES)
    except (GoogleAuthError, OSError, ValueError) as error:
        raise SettingsError(_no_credentials()) from error


def _no_credentials() -> str:
    if _has_key_file():
        met = f"the file that {environment_vars.CREDENTIALS} names is no key file that can be read"
    else:
        met = "there are no credentials for Google Cloud"
    return (
        f"store: gcs: {met}. On a machine in Google Cloud attach a service account to it: "
        "gcloud compute instances set-service-account INSTANCE --service-account=EMAIL "
        f"--scopes=cloud-platform. Elsewhere: export {environment_vars.CREDENTIALS}=KEY.json, "
        "or gcloud auth application-default login"
    )


def _has_key_file() -> bool:
    return bool(os.environ.get(environment_vars.CREDENTIALS))


def _project() -> str | None:
    return os.environ.get(environment_vars.PROJECT) or None


def transport(client: storage.Client) -> Transport:
    """What sends the client's requests."""
    found: Transport = client._http.get_adapter("https://")
    return found


def _connected(client: storage.Client) -> storage.Client:
    adapter = Transport()
    for scheme in ("https://", "http://"):
        client._http.mount(scheme, adapter)
    # It would ask for the bucket in threads of its own, to describe traces that nobody records.
    client._bucket_metadata_cache = None
    return client
