"""People whom a proxy has logged in: believed where the settings say so, and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from threading import Thread
from typing import Any

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app.access import may_still_see
from app.account import AccountRefused
from app.audit import Wanted
from app.keys import Keys
from app.person import Person
from app.proxies import IAP_HEADER, IAP_ISSUER, Iap
from app.settings import ServeSettings
from tests.app.jobs.examples import new_job
from tests.app.people import HTML, account, browser, csrf_token, program, server_of, services_of

ADA = "ada@lab.example"
PROXY = "10.0.0.7"
AUDIENCE = "/projects/1/global/backendServices/2"
PLAIN = {"proxy_header": "X-Forwarded-Email", "proxy_addresses": (ip_network("10.0.0.0/29"),)}


@pytest.fixture
def server_app(web_settings: ServeSettings) -> Flask:
    app = server_of(web_settings, **PLAIN)
    account(app, ADA)
    return app


def ask(
    app: Flask | FlaskClient, name: str | None, *, peer: str = PROXY, path: str = "/api/v1/jobs"
) -> TestResponse:
    """What the proxy's request gets, in the name of somebody."""
    client = app.test_client() if isinstance(app, Flask) else app
    headers = {} if name is None else {"X-Forwarded-Email": name}
    return client.get(path, headers=headers, environ_overrides={"REMOTE_ADDR": peer})


def test_the_proxys_word_counts_for_each_request_by_itself(server_app: Flask) -> None:
    client = server_app.test_client()
    assert ask(client, ADA).status_code == 200
    assert ask(client, None).status_code == 401
    services_of(server_app).accounts.set_active(account(server_app, ADA).id, active=False)
    assert ask(client, ADA).status_code == 403


@pytest.mark.parametrize("peer", ["10.0.0.8", "192.0.2.1", "::1", "", "unix"])
def test_the_header_of_anybody_else_is_nothing(server_app: Flask, peer: str) -> None:
    client = server_app.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = PROXY
    assert ask(client, ADA, peer=peer).status_code == 401


def test_the_proxy_may_connect_by_either_kind_of_address(server_app: Flask) -> None:
    assert ask(server_app, ADA, peer=f"::ffff:{PROXY}").status_code == 200


def test_without_the_setting_no_header_is_believed(web_settings: ServeSettings) -> None:
    app = server_of(web_settings)
    account(app, ADA)
    for peer in (PROXY, "127.0.0.1"):
        assert ask(app, ADA, peer=peer).status_code == 401


@pytest.mark.parametrize("name", ["eve@lab.example", f"{ADA},root", "<script>", "\u00e9", "x" * 99])
def test_who_has_no_account_is_told_so_on_every_page(server_app: Flask, name: str) -> None:
    client = server_app.test_client()
    client.environ_base["HTTP_ACCEPT"] = HTML["Accept"]
    for path in ("/", "/login"):
        answer = ask(client, name, path=path)
        assert answer.status_code == 403
        assert "ask whoever runs this service" in answer.text
        assert "<script>" not in answer.text


def test_people_of_a_domain_get_an_account(web_settings: ServeSettings) -> None:
    app = server_of(web_settings, **PLAIN, join_domains=("lab.example",))
    assert ask(app, ADA).status_code == 200
    assert ask(app, "ADA@lab.example").status_code == 200
    assert [one.name for one in services_of(app).accounts.all()] == [ADA]
    assert account(app, ADA).role == "viewer"


def test_the_proxys_word_goes_before_an_older_login(server_app: Flask) -> None:
    eve = browser(server_app, "eve", "admin")
    assert ask(eve, None, path="/accounts").status_code == 200
    assert ask(eve, ADA, path="/accounts").status_code == 403


def test_an_api_token_goes_before_the_proxys_word(server_app: Flask) -> None:
    root = program(server_app, "root", "admin")
    assert ask(root, ADA, path="/accounts").status_code == 200


def test_a_form_needs_our_token_though_the_proxy_vouches(server_app: Flask) -> None:
    client = server_app.test_client()
    client.environ_base |= {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_EMAIL": ADA}
    form = {"name": "x", "days": "30"}
    assert client.post("/account/tokens", data=form).status_code == 403
    form["csrf_token"] = csrf_token(client, "/account")
    assert "cm_" in client.post("/account/tokens", data=form).text
    assert "Log out<" not in client.get("/account", headers=HTML).text


def test_an_answer_that_lasts_ends_with_the_proxys_word(server_app: Flask) -> None:
    job = services_of(server_app).queue.submit(
        replace(new_job(), user=account(server_app, ADA).user)
    )
    headers, peer = {"X-Forwarded-Email": ADA}, {"REMOTE_ADDR": PROXY}
    for active in (True, False):
        services_of(server_app).accounts.set_active(account(server_app, ADA).id, active=active)
        with server_app.test_request_context(headers=headers, environ_overrides=peer):
            assert may_still_see(job.id) is active


def test_the_first_time_leaves_a_line_beside_that_of_the_act(server_app: Flask) -> None:
    for _ in range(2):
        ask(server_app, ADA, path="/api/v1/jobs/nothing-of-that-name")
    found = services_of(server_app).audit.read(Wanted(user=account(server_app, ADA).user))
    assert [one.action for one in found] == ["account", "list", "list"]


def test_an_owner_is_changed_by_an_administrator_alone(server_app: Flask) -> None:
    ask(server_app, ADA)
    kept, ada = services_of(server_app).logins, account(server_app, ADA)
    other = Person("proxy:x-forwarded-email", "lovelace", None)
    with pytest.raises(AccountRefused, match="somebody else's"):
        kept.bind(ada, other)
    script = program(server_app, ADA)
    kept.release(ada)
    assert script.get("/api/v1/jobs").status_code == 401
    kept.bind(ada, other)
    assert ask(server_app, ADA).status_code == 403
    with pytest.raises(AccountRefused, match=f"{ADA} is theirs"):
        kept.bind(account(server_app, "bob"), other)


# Google's Identity-Aware Proxy


@pytest.fixture
def google() -> Iterator[tuple[str, ECKey]]:
    """Where keys are shown, and the key."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    app = Flask(__name__)
    app.add_url_rule("/keys", view_func=lambda: jsonify(KeySet([key]).as_dict(private=False)))
    server = make_server("127.0.0.1", 0, app)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys", key
    server.shutdown()
    thread.join()
    server.server_close()


def assertion(key: ECKey, **claims: Any) -> str:
    now = int(time.time())
    told = {
        "iss": IAP_ISSUER,
        "aud": AUDIENCE,
        "sub": "accounts.google.com:1",
        "email": ADA,
        "iat": now,
        "exp": now + 600,
        **claims,
    }
    kept = {name: value for name, value in told.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": key.kid}, kept, key)


@pytest.fixture
def behind_iap(web_settings: ServeSettings, google: tuple[str, ECKey]) -> Flask:
    app = server_of(web_settings, iap_audience=AUDIENCE)
    account(app, ADA)
    app.extensions["proxy"] = Iap(AUDIENCE, Keys(google[0]))
    return app


def by_iap(app: Flask, token: str) -> TestResponse:
    return app.test_client().get("/api/v1/jobs", headers={IAP_HEADER: token})


def test_googles_signature_lets_people_in_from_everywhere(
    behind_iap: Flask, google: tuple[str, ECKey]
) -> None:
    assert by_iap(behind_iap, assertion(google[1])).status_code == 200
    renamed = assertion(google[1], email="ada.lovelace@lab.example")
    assert by_iap(behind_iap, renamed).status_code == 200
    plain = {"X-Goog-Authenticated-User-Email": f"accounts.google.com:{ADA}"}
    assert behind_iap.test_client().get("/api/v1/jobs", headers=plain).status_code == 401


def test_an_assertion_that_is_not_googles_for_this_service_is_refused(
    behind_iap: Flask, google: tuple[str, ECKey]
) -> None:
    key = google[1]
    stranger = ECKey.generate_key("P-256", parameters={"kid": str(key.kid)})
    wrong: list[dict[str, Any]] = [
        *({"aud": "/projects/1/global/backendServices/3"}, {"aud": None}),
        *({"iss": "https://accounts.google.com"}, {"iss": None}),
        *({"exp": 1_000_000_000}, {"exp": None}, {"iat": 4_000_000_000}),
        *({"sub": None}, {"email": None}, {"email": 7}, {"email": "eve@lab.example"}),
    ]
    good = assertion(key)
    forged = [assertion(stranger), good[:-8] + "AAAAAAAA", "x", "..", good.rpartition(".")[0] + "."]
    for token in [*forged, *(assertion(key, **claims) for claims in wrong)]:
        assert by_iap(behind_iap, token).status_code == 403, token
    assert by_iap(behind_iap, "").status_code == 403


def test_keys_that_cannot_be_had_are_told_as_that(web_settings: ServeSettings) -> None:
    app = server_of(web_settings, iap_audience=AUDIENCE)
    app.extensions["proxy"] = Iap(AUDIENCE, Keys("http://127.0.0.1:9/keys"))
    answer = by_iap(app, "x.y.z")
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "provider_unavailable"
