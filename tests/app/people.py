"""People of a server: an application where they log in, and clients that are logged in as them."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.account import Account, Role
from app.identity import LOGIN
from app.services import Services
from app.settings import ServeSettings
from tests.app.databases import make_database

PASSWORD = "lamp quartz river seven"  # noqa: S105
HTML = {"Accept": "text/html"}


def server_of(settings: ServeSettings, **changes: object) -> Flask:
    """An application in server mode, on a fresh data folder."""
    chosen = {"mode": "server", "secret_key": "k" * 32, **changes}
    settings = settings.model_copy(update=chosen)
    settings.data_dir.mkdir(exist_ok=True)
    make_database(settings.database)
    return create_app(settings)


def services_of(app: Flask) -> Services:
    found: Services = app.extensions["services"]
    return found


def account(app: Flask, name: str, role: Role = "uploader") -> Account:
    """The account of a name, made where there is none."""
    kept = services_of(app).accounts
    known = {account.name: account for account in kept.all()}
    return known.get(name) or kept.invite(name, role).account


def program(app: Flask, name: str, role: Role = "uploader") -> FlaskClient:
    """A client that shows an API token with each request."""
    token = services_of(app).tokens.make(account(app, name, role), name="tests", days=1)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def browser(app: Flask, name: str, role: Role = "uploader") -> FlaskClient:
    """A client with the cookie of somebody who has logged in, whose password nobody needs."""
    secret = services_of(app).sessions.begin(account(app, name, role), agent="tests")
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[LOGIN] = secret
    return client


def csrf_token(client: FlaskClient, path: str = "/login") -> str:
    """The token that pages of this browser hold."""
    page = client.get(path, headers=HTML, follow_redirects=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    return found[1] if found else ""


def submit(client: FlaskClient, path: str, *, at: str | None = None, **fields: str) -> TestResponse:
    """Fill in a form of the page `at` (by default where it is sent to) and send it."""
    token = csrf_token(client, at or path)
    return client.post(path, data={"csrf_token": token, **fields}, headers=HTML)
