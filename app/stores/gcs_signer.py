"""Who signs links: the key of a key file, or Google for an account whose key it keeps to itself."""

from __future__ import annotations

from functools import partial

from google.auth import credentials, iam
from google.auth.exceptions import TransportError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from app.stores.gcs_client import known_account
from app.stores.gcs_connection import Connection
from app.stores.store import StoreRefused

SIGNING = "roles/iam.serviceAccountTokenCreator"
SWITCHED_OFF = ("has not been used", "service_disabled", "is disabled")
"""What Google says when nobody has switched the interface on in the project."""


def signer(connection: Connection) -> credentials.Signing:
    """Credentials that sign; raises StoreRefused when there are none that could."""
    identity = connection.identity
    if isinstance(identity, credentials.Signing):
        return identity
    request = partial(Request(), timeout=connection.patience.silence_s)
    if known_account(identity) is None and hasattr(identity, "service_account_email"):
        identity.refresh(request)  # type: ignore[no-untyped-call]
    email = known_account(identity)
    if email is None or not hasattr(identity, "service_account_email"):
        raise StoreRefused(
            "links: signed needs a service account, and the credentials are none; attach one to "
            "the machine, name its key file by GOOGLE_APPLICATION_CREDENTIALS, or choose another "
            "way: COLORMAPPER_LINKS=proxy"
        )
    key = KeptKey(request, identity, email)  # type: ignore[no-untyped-call]
    return service_account.Credentials(  # type: ignore[no-untyped-call]
        signer=key, service_account_email=email, token_uri=""
    )


class KeptKey(iam.Signer):
    """A key that Google keeps; what it refuses is told with its cure."""

    def sign(self, message: str | bytes) -> bytes:
        """Have the message signed; raises StoreRefused, and TransportError when nobody answers."""
        try:
            return bytes(super().sign(message))
        except TransportError as error:
            if "Error calling the IAM" not in str(error):
                raise
            raise _refused(str(error), self._service_account_email) from error


def _refused(said: str, email: str) -> StoreRefused:
    if any(sign in said.lower() for sign in SWITCHED_OFF):
        return StoreRefused(
            "Google signs no links because nobody has switched that on in the project: "
            "gcloud services enable iamcredentials.googleapis.com"
        )
    return StoreRefused(
        f"Google signs no links for {email}; grant the account the role {SIGNING} on itself: "
        f"gcloud iam service-accounts add-iam-policy-binding {email} "
        f"--member=serviceAccount:{email} --role={SIGNING}"
    )
