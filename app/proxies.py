"""Proxies that log people in before their requests come here, and say who they are in a header.

A signed header proves itself. A plain one is believed only when the proxy itself is at the other
end of the connection, whatever other headers say of where a request came from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from app.keys import Keys
from app.peers import is_among
from app.person import NotProven, Person
from app.settings import ServeSettings
from app.sign_on import Network
from cyclegan.errors import SettingsError

IAP_HEADER = "X-Goog-IAP-JWT-Assertion"
IAP_ISSUER = "https://cloud.google.com/iap"
IAP_KEYS = "https://www.gstatic.com/iap/verify/public_key-jwk"
LEEWAY_S = 30


Headers = Callable[[str], str | None]
"""Gives what a header of a request holds."""


class Proxy(Protocol):
    """What vouches for the senders of requests."""

    @property
    def issuer(self) -> str:
        """What it is called beside the people for whom it vouches."""
        ...

    def person(self, headers: Headers, peer: str | None) -> Person | None:
        """Who sent a request, if the proxy says so; `peer` is the other end of the connection.

        Raises NotProven, ProviderUnavailable.
        """
        ...


@dataclass(frozen=True)
class PlainHeader:
    """A header that holds a name or an e-mail address, such as oauth2-proxy's."""

    header: str
    addresses: Collection[Network]
    """From where the proxy connects."""

    def person(self, headers: Headers, peer: str | None) -> Person | None:
        """See `Proxy`."""
        name = (headers(self.header) or "").strip()
        if not name or not is_among(peer, self.addresses):
            return None
        return Person(self.issuer, name.casefold(), name)

    @property
    def issuer(self) -> str:
        """What the proxy is called, which says of itself only what its header is."""
        return f"proxy:{self.header.lower()}"


@dataclass(frozen=True)
class Iap:
    """Google Cloud's Identity-Aware Proxy, which signs for one service, the audience."""

    audience: str
    keys: Keys = field(default_factory=lambda: Keys(IAP_KEYS))
    issuer: str = IAP_ISSUER

    def person(self, headers: Headers, peer: str | None) -> Person | None:  # noqa: ARG002
        """See `Proxy`."""
        assertion = headers(IAP_HEADER)
        if assertion is None:
            return None
        claims = self.keys.read(assertion, algorithms={"ES256"}).claims
        expected = JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            expected.validate(claims)
        except JoseError as error:
            raise NotProven(f"what the proxy says does not hold ({error})") from error
        address = claims.get("email")
        return Person(self.issuer, claims["sub"], address if isinstance(address, str) else None)


def proxy_of(settings: ServeSettings) -> Proxy | None:
    """The proxy that the settings name, if any."""
    if settings.iap_audience:
        return Iap(settings.iap_audience)
    if settings.proxy_header:
        return PlainHeader(settings.proxy_header, settings.proxy_addresses)
    return None


def issuer_of(settings: ServeSettings) -> str:
    """Who vouches for people by the settings; raises SettingsError where nobody does."""
    if settings.oidc_issuer:
        return settings.oidc_issuer
    proxy = proxy_of(settings)
    if proxy is None:
        raise SettingsError("nobody vouches for people: there is neither oidc_issuer nor a proxy")
    return proxy.issuer
