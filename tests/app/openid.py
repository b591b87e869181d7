"""An OpenID Connect provider on a port of its own, strict with clients, that can be told to lie.

It is written after the specifications and shares with the service under test only the library that
makes signatures.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from flask import Flask, Response, jsonify, redirect, request
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from tests.app.people import HTML

CLIENT = "color-mapper"
HEAD = '<title>Institute</title><link rel="icon" href="data:,">'
SECRET = "a secret that the provider knows"  # noqa: S105


def rsa_key() -> RSAKey:
    return RSAKey.generate_key(2048, auto_kid=True)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class OpenId:
    """The provider; tests change what it says of whom."""

    url: str = ""
    key: RSAKey = field(default_factory=rsa_key)
    person: dict[str, Any] = field(default_factory=dict)
    """What it says of whoever logs in: sub, email, email_verified."""
    claims: dict[str, Any] = field(default_factory=dict)
    """What it says in an ID token instead of the truth; None leaves a claim out."""
    header: dict[str, Any] = field(default_factory=dict)
    """Likewise, of the token's header."""
    signing: RSAKey | None = None
    """The key that it signs with, where that is not the one that it shows."""
    secret: bytes | None = None
    """What it signs with that others have, too; empty where it does not sign at all."""
    discovery: dict[str, Any] = field(default_factory=dict)
    """What it says of itself instead of the truth."""
    token: Any = None
    """What it answers instead of tokens."""
    asked: list[str] = field(default_factory=list)
    """The addresses that were asked for."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """Of a service that people log in to by this provider."""
        return {
            "oidc_issuer": self.url,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_name": "the Institute",
        }

    def id_token(self, nonce: str, access_token: str) -> str:
        half = _base64(hashlib.sha256(access_token.encode()).digest()[:16])
        now = int(time.time())
        told = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "at_hash": half,
            **self.person,
            **self.claims,
        }
        kept = {name: value for name, value in told.items() if value is not None}
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        if self.secret is None:
            return jwt.encode(header, kept, self.signing or self.key)
        text = ".".join(_base64(json.dumps(part).encode()) for part in (header, kept))
        digest = hmac.digest(self.secret, text.encode(), "sha256") if self.secret else b""
        return f"{text}.{_base64(digest)}"


def _app(provider: OpenId) -> Flask:
    app = Flask("openid")

    @app.before_request
    def count() -> None:
        provider.asked.append(request.path)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        told = {
            "issuer": provider.url,
            "authorization_endpoint": f"{provider.url}/authorize",
            "token_endpoint": f"{provider.url}/token",
            "jwks_uri": f"{provider.url}/jwks",
            "end_session_endpoint": f"{provider.url}/end",
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            **provider.discovery,
        }
        return jsonify({name: value for name, value in told.items() if value is not None})

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify(KeySet([provider.key]).as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> str:
        asked = request.args
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        assert set(asked["scope"].split()) == {"openid", "email"}
        code = secrets.token_urlsafe(8)
        provider.codes[code] = dict(asked)
        ways = {
            "Go on": {"code": code, "state": asked["state"]},
            "Stop": {"error": "access_denied", "state": asked["state"]},
        }
        links = [
            f'<a href="{asked["redirect_uri"]}?{urlencode(way)}">{words}</a>'.replace("&", "&amp;")
            for words, way in ways.items()
        ]
        return f'<!doctype html><html lang="en">{HEAD}{" ".join(links)}'

    @app.post("/token")
    def token() -> Any:
        if provider.token is not None:
            return provider.token
        known = request.authorization
        if known is None or (known.username, known.password) != (CLIENT, SECRET):
            return jsonify(error="invalid_client"), 401
        asked = provider.codes.pop(request.form["code"], None)
        verifier = request.form["code_verifier"].encode()
        challenge = _base64(hashlib.sha256(verifier).digest())
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != request.form["redirect_uri"]
        ):
            return jsonify(error="invalid_grant"), 400
        access = secrets.token_urlsafe(16)
        return jsonify(
            access_token=access,
            token_type="Bearer",  # noqa: S106
            expires_in=300,
            id_token=provider.id_token(asked["nonce"], access),
        )

    @app.get("/userinfo")
    def userinfo() -> Response:
        assert request.headers["Authorization"].startswith("Bearer ")
        return jsonify(provider.person)

    @app.get("/end")
    def end() -> Any:
        assert request.args["client_id"] == CLIENT
        return redirect(request.args["post_logout_redirect_uri"])

    return app


@contextmanager
def provider_of(person: dict[str, Any]) -> Iterator[OpenId]:
    """A provider that logs everybody in as one person, for the length of the block."""
    provider = OpenId(person=person)
    server = make_server("127.0.0.1", 0, _app(provider), threaded=True)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def way_back(client: FlaskClient, *, words: str = "Go on", **query: str) -> str:
    """The address to which the provider sends a browser back that has begun to log in."""
    begun = client.get("/login/oidc", query_string=query)
    assert begun.status_code == 303, begun.text
    page = requests.get(begun.headers["Location"], timeout=10).text
    address = page.partition(f">{words}<")[0].rpartition('href="')[2].rstrip('"')
    return address.replace("&amp;", "&")


def log_in(client: FlaskClient, **query: str) -> TestResponse:
    """What a browser gets that logs in at the provider."""
    return client.get(way_back(client, **query), headers=HTML)


@pytest.fixture
def openid() -> Iterator[OpenId]:
    ada = {"sub": "ada-1", "email": "ada@lab.example", "email_verified": True}
    with provider_of(ada) as provider:
        yield provider
