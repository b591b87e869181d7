"""Public keys that somebody shows at an address, and what is signed with them."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

import requests
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.jwt import Token

from app.exchange import bound
from app.person import NotProven, ProviderUnavailable

KEPT_S = 3600.0
"""A key that is shown no more is trusted no longer than that."""
AGAIN_S = 60.0
"""How soon keys are asked for again: unknown ones are named by whoever likes to."""


class Keys:
    """The keys at an address, fetched when they are needed; safe across threads."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._keys: KeySet | None = None
        self._fetched = self._asked = float("-inf")

    def read(self, signed: str, *, algorithms: Collection[str]) -> Token:
        """What a JWT says that one of the keys has signed; its claims are not looked at.

        Raises NotProven, and ProviderUnavailable where the keys cannot be had.
        """
        registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
        try:
            try:
                return jwt.decode(signed, self._at_hand(KEPT_S), registry=registry)
            except InvalidKeyIdError:  # they change their keys now and then
                return jwt.decode(signed, self._at_hand(AGAIN_S), registry=registry)
        except (JoseError, ValueError) as error:
            raise NotProven(f"its signature does not hold ({error})") from error

    def _at_hand(self, age_s: float) -> KeySet:
        """The keys as they were so many seconds ago, or later."""
        now = time.monotonic()
        is_old = now - self._fetched > age_s and now - self._asked > AGAIN_S
        if self._keys is not None and not is_old:
            return self._keys
        self._asked = now
        try:
            self._keys = _fetch_keys(self._address)
        except ProviderUnavailable:
            if self._keys is None:
                raise
        else:
            self._fetched = now
        return self._keys


def _fetch_keys(address: str) -> KeySet:
    document = fetch(address)
    try:
        return KeySet.import_key_set({"keys": document["keys"]})
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise ProviderUnavailable(f"{address} shows no keys that can be used") from error


def fetch(address: str, *, bearer: str | None = None) -> dict[str, Any]:
    """The JSON object at an address, and nowhere else; raises ProviderUnavailable."""
    headers = {"Accept": "application/json"}
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    try:
        with requests.Session() as session:
            bound(session)
            # Another address might be one that everybody on the way can read and change.
            answer = session.get(address, headers=headers, allow_redirects=False)
        answer.raise_for_status()
        document = None if answer.is_redirect else answer.json()
    except requests.RequestException as error:
        raise ProviderUnavailable(f"{address} does not answer: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise ProviderUnavailable(f"{address} answers with something that is no JSON object")
    return document
