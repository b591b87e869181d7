"""Where requests come from: what is believed of it, and whom a crowd of attempts slows down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from ipaddress import ip_network
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit import Wanted, open_audit
from app.migrations import migrate
from app.settings import ServeSettings
from tests.app.conftest import serving
from tests.app.front import Client, proxy_of
from tests.app.people import account, server_of, services_of, submit
from tests.app.web import Server

ADA, EVE = "127.0.0.2", "127.0.0.3"
SPOOFED = "192.0.2.99"
ENOUGH = 60
"""Attempts from one address, after which further ones wait."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows of no proxy."""
    with served(tmp_path_factory.mktemp("alone")) as server:
        yield server


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that trusts one proxy."""
    with served(tmp_path_factory.mktemp("behind"), trusted_proxies="1") as server:
        yield server


def served(folder: Path, **settings: str) -> AbstractContextManager[Server]:
    migrate(ServeSettings(data_dir=folder).database)
    return serving(folder, mode="server", **settings)


def seen(server: Server) -> str | None:
    """The address in the last line of the audit log."""
    log = open_audit(ServeSettings(data_dir=server.folder))
    return list(log.read(Wanted()))[-1].address


def is_slowed(client: Client) -> bool:
    """Whether nobody at a client's address may try to log in now, by whatever name."""
    return client.guess("nobody", "192.0.2.1") == [429]


def crowd(client: Client) -> None:
    """As many attempts as one address has, each telling of another one."""
    client.guess(client.address, *(f"192.0.2.{n}" for n in range(ENOUGH)))


def test_without_the_setting_nobody_chooses_an_address_or_a_scheme(alone: Server) -> None:
    client = Client(ADA, alone.port)
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X_Forwarded_For"):
        client.get("/jobs", [(name, SPOOFED)])
        assert seen(alone) == ADA, name
    told = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example")]
    page = client.get("/login", told)
    assert "Secure" not in str(page.headers["Set-Cookie"])


def test_without_the_setting_this_machines_own_word_is_not_believed_either(alone: Server) -> None:
    page = Client("127.0.0.1", alone.port).get("/login", [("X-Forwarded-Proto", "https")])
    assert "Secure" not in str(page.headers["Set-Cookie"])


def test_without_the_setting_spoofing_slows_guessing_all_the_same(alone: Server) -> None:
    client = Client(EVE, alone.port)
    crowd(client)
    assert is_slowed(client)
    assert not is_slowed(Client("127.0.0.4", alone.port))


def test_behind_a_trusted_proxy_each_client_has_a_limit_of_its_own(behind: Server) -> None:
    with proxy_of(behind.port) as port:
        crowd(Client(EVE, port))
        assert is_slowed(Client(EVE, port))
        assert not is_slowed(Client(ADA, port))


def test_a_client_cannot_choose_its_address_by_sending_more_hops(behind: Server) -> None:
    with proxy_of(behind.port) as port:
        client = Client("127.0.0.5", port)
        for told in ([SPOOFED], [SPOOFED, "10.0.0.1"], [f"{SPOOFED}, 10.0.0.1"], [f"{SPOOFED},"]):
            client.get("/jobs", [("X-Forwarded-For", one) for one in told])
            assert seen(behind) == "127.0.0.5", told


def test_the_scheme_and_the_host_are_those_of_the_proxy(behind: Server) -> None:
    told = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "muse.example.org"}
    with proxy_of(behind.port, **told) as port:
        page = Client(ADA, port).get("/login")
    assert "__Host-colormapper=" in str(page.headers["Set-Cookie"])


def test_a_load_balancer_adds_two_addresses(tmp_path: Path) -> None:
    with served(tmp_path, trusted_proxies="2") as server:
        told = {"adds": "{client}, 203.0.113.9", "X_Forwarded_Proto": "https"}
        with proxy_of(server.port, **told) as port:
            page = Client(ADA, port).get("/jobs", [("X-Forwarded-For", SPOOFED)])
            assert (page.status, seen(server)) == (401, ADA)
            secure = Client(ADA, port).get("/login").headers["Set-Cookie"]
            assert "Secure" in str(secure)
        Client(EVE, server.port).get("/jobs", [("X-Forwarded-For", SPOOFED)])
        assert seen(server) == EVE  # too few hops: past the load balancer


PROXY = "10.0.0.7"
BEHIND = {"trusted_proxies": 1, "proxy_addresses": (ip_network("10.0.0.0/29"),)}


def asked(settings: ServeSettings, peer: str, **headers: str) -> tuple[str | None, bool]:
    """The address that is noted of a request by a peer, and whether it came by https."""
    app = server_of(settings, **BEHIND)
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    client = app.test_client()
    for path in ("/jobs", "/login"):
        answer = client.get(path, headers=told, environ_overrides={"REMOTE_ADDR": peer})
    (line,) = services_of(app).audit.read(Wanted())
    return line.address, "; Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("peer", "noted"),
    [
        (PROXY, (SPOOFED, True)),
        (f"::ffff:{PROXY}", (SPOOFED, True)),
        ("10.0.0.8", ("10.0.0.8", False)),
        ("::1", ("::1", False)),
    ],
)
def test_only_the_named_proxy_is_believed(
    web_settings: ServeSettings, peer: str, noted: tuple[str, bool]
) -> None:
    told = {"X_Forwarded_For": SPOOFED, "X_Forwarded_Proto": "https"}
    assert asked(web_settings, peer, **told) == noted


@pytest.mark.parametrize("nonsense", ["unknown", "<b>", "1.2.3.4:5678", "x" * 4000, "", ","])
def test_what_is_no_address_leaves_the_proxys_own(
    web_settings: ServeSettings, nonsense: str
) -> None:
    told = {"X_Forwarded_For": nonsense, "X_Forwarded_Proto": "javascript"}
    assert asked(web_settings, PROXY, **told) == (PROXY, False)


def by_the_proxy(app: Flask, host: str) -> FlaskClient:
    """A client for whom the proxy vouches as root, and that typed a host by https."""
    account(app, "root", "admin")
    client = app.test_client()
    client.environ_base |= {
        "REMOTE_ADDR": PROXY,
        "HTTP_X_FORWARDED_EMAIL": "root",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": host,
    }
    return client


def test_links_have_the_host_that_people_typed(web_settings: ServeSettings) -> None:
    chosen = {"proxy_header": "X-Forwarded-Email", "trusted_hosts": ("muse.example.org",)}
    app = server_of(web_settings, **BEHIND, **chosen)
    made = submit(by_the_proxy(app, "muse.example.org"), "/accounts", name="bob", role="viewer")
    assert "https://muse.example.org/invitation/" in made.text
    assert by_the_proxy(app, "evil.example").get("/accounts").status_code >= 400


def test_who_has_logged_in_is_the_word_of_the_peer_and_not_of_the_client(
    web_settings: ServeSettings,
) -> None:
    app = server_of(web_settings, **BEHIND, proxy_header="X-Forwarded-Email")
    account(app, "ada")
    for peer, client, status in ((PROXY, SPOOFED, 200), (SPOOFED, PROXY, 401)):
        headers = {"X-Forwarded-Email": "ada", "X-Forwarded-For": client}
        answer = app.test_client().get(
            "/api/v1/jobs", headers=headers, environ_overrides={"REMOTE_ADDR": peer}
        )
        assert answer.status_code == status
