"""What Google's libraries raise, told as what a person needs to know: wait, or change something.

    StoreUnavailable    try again
    StoreRefused        somebody must do something

A message names the bucket, what was met, and for refusals the command that cures it.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException

from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, RetryError
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from requests import RequestException, Timeout
from requests.exceptions import ChunkedEncodingError
from urllib3.exceptions import HTTPError

from app.stores.store import StoreRefused, StoreUnavailable

OBJECTS = "roles/storage.objectAdmin"
"""Write, read, list and delete objects."""
BUCKETS = "roles/storage.admin"
"""Make buckets, read and change what they are."""
PUBLIC = "roles/storage.legacyObjectReader"
"""Read an object whose name is known. `objectViewer` lists the bucket, too: with it everybody
could find everybody's images."""

FOREIGN = (
    GoogleAPIError,
    GoogleAuthError,
    InvalidResponse,
    DataCorruption,
    RequestException,
    HTTPError,
    HTTPException,
    ConnectionError,
    TimeoutError,
)
"""All that a call of the libraries may end with, other than an error of the local disk."""
MISHAPS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((DataCorruption,), "received other bytes than were sent"),
    ((Timeout, TimeoutError), "does not answer"),
    ((ChunkedEncodingError, HTTPException), "stopped in the middle of an answer"),
)
REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
DAMAGE = ("crc32c", "checksum", "hash", "content-range")
"""Words of a 400 that is about the bytes, which may arrive whole another time."""


@dataclass(frozen=True)
class Place:
    """A bucket and who asks it, for messages."""

    bucket: str
    account: str | None
    """E-mail address; None where it is not known."""
    location: str
    project: str | None = None

    @property
    def who(self) -> str:
        """The account as a person knows it."""
        return self.account or "the service account of this machine"

    @property
    def member(self) -> str:
        """The account as roles are granted to it."""
        return f"serviceAccount:{self.account or 'EMAIL'}"

    def grant(self, role: str) -> str:
        """The command that gives the account a role on the bucket."""
        return self._binding(self.member, role)

    def grant_everybody(self) -> str:
        """The command that lets everybody who has a link open it."""
        return self._binding("allUsers", PUBLIC)

    def grant_making(self) -> str:
        """The command that lets the account make buckets."""
        return (
            f"gcloud projects add-iam-policy-binding {self.project or 'PROJECT'} "
            f"--member={self.member} --role={BUCKETS}"
        )

    def make(self) -> str:
        """The command that makes the bucket."""
        project = f" --project={self.project}" if self.project else ""
        return (
            f"gcloud storage buckets create gs://{self.bucket} --location={self.location} "
            f"--uniform-bucket-level-access{project}"
        )

    def allow_public(self) -> str:
        """The command that ends the prevention of public access."""
        return f"gcloud storage buckets update gs://{self.bucket} --no-public-access-prevention"

    def _binding(self, member: str, role: str) -> str:
        return (
            f"gcloud storage buckets add-iam-policy-binding gs://{self.bucket} "
            f"--member={member} --role={role}"
        )


def told(error: Exception, place: Place, *, role: str = OBJECTS) -> StoreUnavailable:
    """The error of a library as one of ours; `role` is what an account lacks that is refused."""
    if isinstance(error, RetryError) and isinstance(error.cause, Exception):
        return told(error.cause, place, role=role)
    if isinstance(error, GoogleAPICallError) and error.code:
        return _answer(int(error.code), said(error), place, role)
    if isinstance(error, InvalidResponse):
        return _answer(error.response.status_code, error.response.text, place, role)
    if isinstance(error, GoogleAuthError):
        return _credentials(error)
    met = next((met for kinds, met in MISHAPS if isinstance(error, kinds)), "cannot be reached")
    return StoreUnavailable(f"gs://{place.bucket} {met}")


def said(error: GoogleAPICallError) -> str:
    """Google's own sentence, without the address that was asked."""
    try:
        return str(error.response.json()["error"]["message"])
    except (AttributeError, ValueError, LookupError, TypeError):
        return str(error.message)


def missing(place: Place) -> StoreRefused:
    """There is no such bucket."""
    return StoreRefused(f"there is no bucket gs://{place.bucket}; make it: {place.make()}")


def prevented(place: Place) -> StoreRefused:
    """The bucket lets nothing be public."""
    return StoreRefused(
        f"gs://{place.bucket} prevents public access, so that links: public opens for nobody; "
        f"choose links: signed or links: proxy, or allow it: {place.allow_public()}"
    )


def _answer(code: int, reason: str, place: Place, role: str) -> StoreUnavailable:
    if code in REFUSALS:
        cure = place.grant_making() if role == BUCKETS else place.grant(role)
        return StoreRefused(
            f"gs://{place.bucket} refuses {place.who} ({code}: {_shortened(reason)}); "
            f"grant the role {role}: {cure}"
        )
    if code == HTTPStatus.NOT_FOUND:
        return missing(place)
    if code == HTTPStatus.PRECONDITION_FAILED and "public access prevention" in reason.lower():
        return prevented(place)
    if code == HTTPStatus.BAD_REQUEST and not any(word in reason.lower() for word in DAMAGE):
        return StoreRefused(
            f"gs://{place.bucket} takes no such request (400: {_shortened(reason)})"
        )
    return StoreUnavailable(f"gs://{place.bucket} answers {code}")


def _credentials(error: GoogleAuthError) -> StoreUnavailable:
    away = isinstance(error, TransportError) or isinstance(error.__cause__, TransportError)
    if away or getattr(error, "retryable", False):
        return StoreUnavailable("whoever gives out Google's credentials does not answer")
    reason = (
        error.args[0] if isinstance(error, RefreshError) and error.args else type(error).__name__
    )
    return StoreRefused(
        f"Google does not accept the credentials ({_shortened(str(reason))}); give the service a "
        "new key file, or attach a service account to the machine"
    )


def _shortened(reason: str) -> str:
    return " ".join(reason.split())[:200].rstrip(" .") or "without a reason"
