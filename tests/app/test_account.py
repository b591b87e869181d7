"""What accounts can be called, and that whatever they are called is only shown."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

import pytest
from flask import Flask

from app.account import BadName, checked_name
from app.audit import Wanted
from app.settings import ServeSettings
from tests.app.people import (
    HTML,
    PASSWORD,
    account,
    browser,
    csrf_token,
    program,
    server_of,
    services_of,
    submit,
)

LETTERS = "!#$%&'*+-/=?^_`{|}~"
"""What the part of an address before the @ may have beside letters, digits and dots (RFC 5321)."""
ADDRESSES = [
    "o'brien@lab.example",
    f"{LETTERS}@lab.example",
    "ada+muse@xn--bcher-kva.example",
    f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 59}.example",
]


@pytest.fixture
def server_app(web_settings: ServeSettings) -> Flask:
    return server_of(web_settings)


@pytest.mark.parametrize("name", [*ADDRESSES, "a" * 254, "ada", "j\u00fcrgen"])
def test_every_address_that_people_have_is_a_name(name: str) -> None:
    assert checked_name(f" {name.upper()} ") == name


@pytest.mark.parametrize(
    "name",
    ["", "a" * 255, "a b", "<b>", '"a b"@lab.example', "a,b", "a;b", "a:b", "a\\b", "a\nb", "a\0b"],
)
def test_what_would_mean_something_elsewhere_is_no_name(name: str) -> None:
    with pytest.raises(BadName):
        checked_name(name)


def test_a_name_that_is_cut_short_is_nobodys() -> None:
    with pytest.raises(BadName):
        checked_name("a" * 254 + " " * 600 + "b")


@pytest.mark.parametrize("name", ADDRESSES)
def test_people_of_every_address_log_in_and_are_shown_as_they_are_called(
    server_app: Flask, name: str
) -> None:
    root = browser(server_app, "root", "admin")
    made = submit(root, "/accounts", name=name, role="uploader")
    (path,) = re.findall(r"http://localhost(/invitation/[\w-]+)", made.text)
    submit(server_app.test_client(), path, password=PASSWORD, again=PASSWORD)
    client = server_app.test_client()
    assert submit(client, "/login", name=name, password=PASSWORD).status_code == 303
    shown = escape(name).replace("&#x27;", "&#39;")
    for page in (root.get("/accounts", headers=HTML), client.get("/account", headers=HTML)):
        assert shown in page.text
        assert name == shown or name not in page.text
    number = account(server_app, name).id
    lines = list(services_of(server_app).audit.read(Wanted()))
    assert {line.user for line in lines} == {"account:1", f"account:{number}"}
    assert not any(name in line.model_dump_json() for line in lines)


@pytest.mark.parametrize("name", ADDRESSES)
def test_people_of_every_address_can_be_in_projects(server_app: Flask, name: str) -> None:
    account(server_app, name)
    ada = program(server_app, "ada")
    project = ada.post("/api/v1/projects", json={"name": "Kidneys"}).get_json()["id"]
    members = f"/api/v1/projects/{project}/members"
    member = f"{members}/{quote(name, safe='')}"
    people = ada.put(member).get_json()["people"]
    assert {one["name"] for one in people} == {"ada", name}
    assert ada.delete(member).status_code == 204


@pytest.mark.parametrize("between", ["\0", "\0\0", " \0"])
def test_guessing_is_slowed_for_a_name_however_it_is_written(
    server_app: Flask, between: str
) -> None:
    kept = services_of(server_app).accounts
    kept.accept(kept.invite("ada", "viewer").secret, PASSWORD)
    client = server_app.test_client()
    fields = {"csrf_token": csrf_token(client), "password": PASSWORD}
    for name in (f"a{between}da", f"ada{between}"):
        assert client.post("/login", data={**fields, "name": name}).status_code == 403
