"""How people get at objects: openly, by addresses that expire, or through this service."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Protocol

import requests
from google.cloud import storage
from requests import PreparedRequest

from app.stores import keys
from app.stores.gcs_connection import Connection
from app.stores.gcs_signer import signer
from app.stores.store import StoreRefused, StoreUnavailable

OPENS = frozenset({200, 206, 416})
"""An object without bytes has no first one: 416."""


class Links(Protocol):
    """What `links` in the settings means."""

    def link(self, key: str, blob: storage.Blob) -> str:
        """The address that people pass on."""

    def fresh_link(self, key: str, blob: storage.Blob) -> str:
        """An address at which the object opens now."""

    def ensure_opens(self, key: str, blob: storage.Blob) -> None:
        """Raise StoreRefused when it would not open."""


class PublicLinks:
    """Everybody who has the bucket's own address of an object may read it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def link(self, key: str, blob: storage.Blob) -> str:
        """The address at the bucket."""
        keys.parts(key)
        return str(blob.public_url)

    def fresh_link(self, key: str, blob: storage.Blob) -> str:
        """The same."""
        return self.link(key, blob)

    def ensure_opens(self, key: str, blob: storage.Blob) -> None:
        """Open it as somebody without credentials."""
        code = _opened(self._connection, blob, self.link(key, blob))
        if code not in OPENS:
            place = self._connection.place(blob.bucket.name)
            raise StoreRefused(
                f"objects of gs://{place.bucket} open for nobody who has their links ({code}); "
                f"let everybody who has a link open it: {place.grant_everybody()}; should public "
                f"access be prevented, first: {place.allow_public()}; or choose links: signed"
            )


class SignedLinks:
    """A lasting address of this service leads to one at the bucket that is valid for some hours."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def link(self, key: str, blob: storage.Blob) -> str:  # noqa: ARG002
        """The lasting address."""
        return keys.stable_link(key)

    def fresh_link(self, key: str, blob: storage.Blob) -> str:
        """An address signed now; asks Google when the credentials have no key of their own."""
        keys.parts(key)
        connection = self._connection
        with connection.telling(blob.bucket.name):
            return str(
                blob.generate_signed_url(
                    version="v4",
                    expiration=timedelta(hours=connection.settings.link_hours),
                    api_access_endpoint=connection.client.api_endpoint,
                    credentials=signer(connection),
                )
            )

    def ensure_opens(self, key: str, blob: storage.Blob) -> None:
        """Open a signed address as somebody without credentials."""
        code = _opened(self._connection, blob, self.fresh_link(key, blob))
        if code not in OPENS:
            place = self._connection.place(blob.bucket.name)
            raise StoreRefused(
                f"gs://{place.bucket} does not open signed links of {place.who} ({code}); let the "
                f"account read objects: {place.grant('roles/storage.objectAdmin')}; and see that "
                "this machine's clock is right"
            )


class ProxyLinks:
    """This service hands out the bytes; nobody else needs to reach the bucket."""

    def __init__(self, connection: Connection) -> None:
        """Need nothing."""

    def link(self, key: str, blob: storage.Blob) -> str:  # noqa: ARG002
        """The path of this service under which the object is served."""
        return keys.result_link(key)

    def fresh_link(self, key: str, blob: storage.Blob) -> str:
        """The same."""
        return self.link(key, blob)

    def ensure_opens(self, key: str, blob: storage.Blob) -> None:
        """Do nothing: what this service serves opens while it runs."""


LINKS: dict[str, type[PublicLinks] | type[SignedLinks] | type[ProxyLinks]] = {
    "public": PublicLinks,
    "signed": SignedLinks,
    "proxy": ProxyLinks,
}


def _opened(connection: Connection, blob: storage.Blob, url: str) -> int:
    """The status with which a link answers; raises StoreUnavailable when that says nothing."""
    name = blob.bucket.name
    with (
        connection.telling(name),
        requests.get(
            url,
            headers={"Range": "bytes=0-0"},
            timeout=connection.patience.timeout,
            auth=_as_nobody,
            stream=True,
        ) as answer,
    ):
        code = answer.status_code
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR or code in (
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    ):
        raise StoreUnavailable(f"a link to an object of gs://{name} answers {code}")
    return code


def _as_nobody(request: PreparedRequest) -> PreparedRequest:
    """Take no credentials from anywhere, which `requests` else does from ~/.netrc."""
    return request
