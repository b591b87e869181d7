"""An OpenID Connect provider that people log in by: code flow with PKCE, state and nonce.

It is told where it is and who we are to it; the rest it says of itself in its discovery document.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Self

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_uri
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError
from joserfc.jwt import Token
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from app.exchange import bound
from app.keys import Keys, fetch
from app.person import NotProven, Person, ProviderUnavailable
from app.sign_on import is_safe

DISCOVERY = "/.well-known/openid-configuration"
SIGNATURES = frozenset({
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
})  # fmt: skip
"""By keys that the provider alone has; whatever it says, never `none` or one that we also have."""
LEEWAY_S = 120
"""How far its clock and ours may differ."""
TIMES = frozenset({"exp", "iat", "nbf"})
NOT_US = frozenset({"invalid_client", "unauthorized_client"})
"""Errors by which a provider says that it does not know this service."""


class Discovery(BaseModel):
    """What a provider says of itself, as far as it is used."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)

    @model_validator(mode="after")
    def _nothing_of_it_travels_openly(self) -> Self:
        for name, address in self:
            if name.endswith(("endpoint", "uri")) and address and not is_safe(address):
                raise ValueError(f"{name} is not https: {address}")
        return self


@dataclass(frozen=True)
class Attempt:
    """A login that has begun, as the browser's cookie keeps it."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """The provider with an issuer's address; safe across threads."""

    def __init__(self, issuer: str, *, client_id: str, client_secret: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._told: tuple[Discovery, Keys] | None = None

    def begin(self, back: str) -> tuple[str, Attempt]:
        """Where a browser is sent to log in and come back to an address, and what to keep."""
        attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
        there = self._discovery.authorization_endpoint
        with self._client(back) as client:
            address, _ = client.create_authorization_url(
                there, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
            )
        return address, attempt

    def finish(self, attempt: Attempt, *, code: str, back: str) -> Person:
        """Who has come back with a code; raises NotProven, ProviderUnavailable."""
        tokens = self._redeem(attempt, code, back)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise NotProven("the provider sent no ID token")
        claims = self._claims(id_token, attempt, tokens)
        return Person(self._issuer, claims["sub"], self._address(claims, tokens))

    def farewell(self, back: str) -> str | None:
        """Where a browser logs out of the provider, too, if that is possible."""
        there = self._discovery.end_session_endpoint
        if there is None:
            return None
        known = {"client_id": self._client_id, "post_logout_redirect_uri": back}
        return str(add_params_to_uri(there, known))

    def _ask(self) -> tuple[Discovery, Keys]:
        """What it says of itself, asked for once, and its keys; raises ProviderUnavailable."""
        if self._told is None:
            found = discover(self._issuer)
            self._told = found, Keys(found.jwks_uri)
        return self._told

    @property
    def _discovery(self) -> Discovery:
        return self._ask()[0]

    def _client(self, back: str) -> OAuth2Session:
        methods = self._discovery.token_endpoint_auth_methods_supported
        basic = "client_secret_basic" in methods or "client_secret_post" not in methods
        client = OAuth2Session(
            self._client_id,
            self._client_secret,
            scope="openid email",
            redirect_uri=back,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if basic else "client_secret_post",
        )
        bound(client)
        return client

    def _redeem(self, attempt: Attempt, code: str, back: str) -> dict[str, Any]:
        there = self._discovery.token_endpoint
        try:
            with self._client(back) as client:
                return dict(
                    client.fetch_token(
                        there,
                        grant_type="authorization_code",
                        code=code,
                        code_verifier=attempt.verifier,
                        allow_redirects=False,
                    )
                )
        except AuthlibBaseError as error:
            if str(error.error) in NOT_US:
                raise ProviderUnavailable(
                    f"the provider does not take this service's id and secret ({error.error}); "
                    "whoever runs this service can set them right"
                ) from error
            raise NotProven("the provider does not confirm the login") from error
        except (requests.RequestException, ValueError) as error:
            text = f"{there} does not answer as it should: {type(error).__name__}"
            raise ProviderUnavailable(text) from error

    def _claims(self, id_token: str, attempt: Attempt, tokens: dict[str, Any]) -> dict[str, Any]:
        token = self._signed(id_token)
        expected = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        bound = {
            "client_id": self._client_id,
            "nonce": attempt.nonce,
            "access_token": tokens.get("access_token"),
        }
        claims = CodeIDToken(token.claims, token.header, expected, bound)
        try:
            claims.validate(leeway=LEEWAY_S)
        except JoseError as error:
            late = getattr(error, "claim", None) in TIMES
            hint = "; the clocks here and there may differ" if late else ""
            raise NotProven(f"the provider's ID token does not hold ({error}){hint}") from error
        if not claims["sub"]:
            raise NotProven("the provider's ID token names nobody")
        return dict(claims)

    def _signed(self, id_token: str) -> Token:
        discovery, keys = self._ask()
        spoken = SIGNATURES.intersection(discovery.id_token_signing_alg_values_supported)
        return keys.read(id_token, algorithms=spoken)

    def _address(self, claims: dict[str, Any], tokens: dict[str, Any]) -> str | None:
        """The person's e-mail address, if the provider says that it has verified it."""
        told, more = claims, self._discovery.userinfo_endpoint
        if "email" not in told and more is not None and "access_token" in tokens:
            told = fetch(more, bearer=str(tokens["access_token"]))
            if told.get("sub") != claims["sub"]:
                raise NotProven("the provider speaks of two people at once")
        address = told.get("email")
        verified = told.get("email_verified") in (True, "true")  # some write it as a string
        return address if verified and isinstance(address, str) else None


def discover(issuer: str) -> Discovery:
    """What the provider of an issuer says of itself; raises ProviderUnavailable."""
    address = issuer.rstrip("/") + DISCOVERY
    try:
        found = Discovery.model_validate(fetch(address))
    except ValidationError as error:
        names = ", ".join(
            str(one["loc"][0]) if one["loc"] else one["msg"] for one in error.errors()
        )
        raise ProviderUnavailable(f"{address} says nothing usable of: {names}") from error
    if found.issuer != issuer:
        raise ProviderUnavailable(
            f"{address} speaks for {found.issuer}, not for {issuer}; "
            "oidc_issuer must be what the provider calls itself, to the letter"
        )
    return found
