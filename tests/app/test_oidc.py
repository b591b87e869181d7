"""Logging in by an OpenID Connect provider: who gets in, who does not, and what is told."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask, redirect
from flask.testing import FlaskClient

from app.audit import AuditLog, Wanted
from app.keys import fetch
from app.person import Person, ProviderUnavailable
from app.settings import ServeSettings
from tests.app.openid import CLIENT, SECRET, OpenId, log_in, openid, rsa_key, way_back
from tests.app.people import HTML, PASSWORD, account, program, server_of, services_of, submit

__all__ = ["openid"]
ADA = "ada@lab.example"


@pytest.fixture
def server_app(web_settings: ServeSettings, openid: OpenId) -> Flask:
    return server_of(web_settings, **openid.settings)


@pytest.fixture
def client(server_app: Flask) -> FlaskClient:
    account(server_app, ADA)
    return server_app.test_client()


def is_in(client: FlaskClient) -> bool:
    return client.get("/api/v1/jobs").status_code == 200


def lines(app: Flask) -> list[tuple[str, str | None, str]]:
    log: AuditLog = services_of(app).audit
    return [(one.action, one.object, one.outcome) for one in log.read(Wanted())]


def test_who_was_invited_gets_in_by_a_verified_address_and_goes_on(client: FlaskClient) -> None:
    assert 'href="/login/oidc?next=/jobs"' in client.get("/login?next=/jobs").text
    answer = log_in(client, next="/jobs?state=done")
    assert (answer.status_code, answer.location) == (303, "/jobs?state=done")
    assert is_in(client)


def test_a_login_and_the_first_of_an_account_leave_their_lines(
    server_app: Flask, client: FlaskClient
) -> None:
    number = account(server_app, ADA).id
    for _ in range(2):
        log_in(client)
    assert [line for line in lines(server_app) if line[0] in {"login", "account"}] == [
        ("account", f"account:{number}/login", "done"),
        ("login", f"account:{number}", "done"),
        ("login", f"account:{number}", "done"),
    ]


def test_the_first_login_ends_the_invitation(server_app: Flask, client: FlaskClient) -> None:
    link = services_of(server_app).accounts.invite("bob@lab.example", "viewer").secret
    ada = services_of(server_app).accounts.reset(account(server_app, ADA).id).secret
    log_in(client)
    assert client.get(f"/invitation/{ada}").status_code == 404
    assert client.get(f"/invitation/{link}").status_code == 200


def test_the_subject_counts_from_then_on_and_not_the_address(
    client: FlaskClient, openid: OpenId
) -> None:
    log_in(client)
    openid.person["email"] = "ada.lovelace@lab.example"
    openid.person["email_verified"] = False
    assert log_in(client).status_code == 303
    openid.person.update(sub="another", email=ADA, email_verified=True)
    answer = log_in(client)
    assert answer.status_code == 403
    assert "belongs to another person" in answer.text


def test_an_address_that_is_not_verified_opens_nothing(client: FlaskClient, openid: OpenId) -> None:
    for verified in (False, None, "false", 1.5, "yes"):
        openid.person["email_verified"] = verified
        answer = log_in(client)
        assert answer.status_code == 403, verified
        assert "does not say that your e-mail address is verified" in answer.text
        assert "ada-1" in answer.text
        assert not is_in(client), verified


def test_an_administrator_can_link_whom_the_provider_verifies_not(
    server_app: Flask, client: FlaskClient, openid: OpenId
) -> None:
    openid.person["email_verified"] = None
    services_of(server_app).logins.bind(account(server_app, ADA), Person(openid.url, "ada-1", None))
    assert log_in(client).status_code == 303


def test_an_address_without_an_account_opens_nothing(client: FlaskClient, openid: OpenId) -> None:
    strange = ("eve@lab.example", "ADA@evil.example", "\uff41da@lab.example", "", f"{ADA},x", 7)
    for address in strange:
        openid.person["email"] = address
        assert log_in(client).status_code == 403, address
        assert not is_in(client), address


def test_people_of_a_domain_get_an_account_of_the_configured_role(
    web_settings: ServeSettings, openid: OpenId
) -> None:
    chosen = {"join_domains": ("lab.example",), "join_role": "reviewer"}
    app = server_of(web_settings, **openid.settings, **chosen)
    client = app.test_client()
    assert log_in(client).status_code == 303
    assert account(app, ADA).role == "reviewer"
    for address in ("eve@sub.lab.example", "eve@evil.example@lab.example.org", "lab.example"):
        openid.person.update(sub=address, email=address)
        assert log_in(app.test_client()).status_code == 403
    assert len(services_of(app).accounts.all()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_disabled_account_stays_out(
    server_app: Flask, client: FlaskClient, openid: OpenId, when: str
) -> None:
    if when == "after":
        log_in(client)
    services_of(server_app).accounts.set_active(account(server_app, ADA).id, active=False)
    assert not is_in(client)
    answer = log_in(client)
    assert answer.status_code == 403
    assert "disabled" in answer.text


def test_who_stops_at_the_provider_is_told_so(server_app: Flask, client: FlaskClient) -> None:
    answer = client.get(way_back(client, words="Stop"), headers=HTML)
    assert answer.status_code == 403
    assert "The Institute did not let you in" in answer.text
    assert ("login", None, "refused") in lines(server_app)


def test_a_way_back_leads_in_once_and_in_one_browser(
    server_app: Flask, client: FlaskClient
) -> None:
    back = way_back(client)
    for thief in (server_app.test_client(), begun(server_app)):
        answer = thief.get(back, headers=HTML)
        assert answer.status_code == 400
        assert "begin again" in answer.text
        assert not is_in(thief)
    cookie = client.get_cookie("colormapper")
    assert cookie is not None
    assert client.get(back).status_code == 303
    assert client.get(back).location == "/"
    replaying = server_app.test_client()
    replaying.set_cookie("colormapper", cookie.value)
    assert replaying.get(back, headers=HTML).status_code == 403
    assert not is_in(replaying)


def begun(app: Flask) -> FlaskClient:
    """Another browser that has begun to log in, too."""
    client = app.test_client()
    way_back(client)
    return client


def test_a_login_that_takes_too_long_is_begun_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = way_back(client)
    later = time.time() + 700
    monkeypatch.setattr("time.time", lambda: later)
    assert client.get(back, headers=HTML).status_code == 400


def test_a_token_that_is_not_for_this_login_is_refused(client: FlaskClient, openid: OpenId) -> None:
    wrong: list[Any] = [
        *({"iss": "https://evil.example"}, {"iss": None}, {"azp": "another service"}),
        *({"aud": "another service"}, {"aud": ["another service"], "azp": CLIENT}, {"aud": None}),
        *({"exp": 1_000_000_000}, {"exp": None}, {"iat": 4_000_000_000}),
        *({"nonce": "of another login"}, {"nonce": None}, {"at_hash": "x"}),
        *({"sub": None}, {"sub": ""}, {"sub": 7}),
    ]
    for openid.claims in wrong:
        answer = log_in(client)
        assert answer.status_code == 403, openid.claims
        assert "ID token" in answer.text
        assert ("clocks" in answer.text) is bool({"exp", "iat"} & openid.claims.keys())
        assert not is_in(client), openid.claims


def forge(openid: OpenId, how: str) -> None:
    if how == "another key":
        openid.signing = rsa_key()
    elif how == "unknown key":
        openid.header = {"kid": "unknown"}
    elif how == "no signature":
        openid.header, openid.secret = {"alg": "none"}, b""
    elif how == "the public key":
        openid.header, openid.secret = {"alg": "HS256"}, openid.key.as_pem(private=False)
    elif how == "the client's secret":
        openid.header, openid.secret = {"alg": "HS256"}, SECRET.encode()
    else:
        openid.token = {"access_token": "x", "token_type": "Bearer", "id_token": how}


def test_a_forged_token_is_refused(client: FlaskClient, openid: OpenId) -> None:
    keys = ("another key", "unknown key", "no signature", "the public key", "the client's secret")
    for how in (*keys, "x", "a.b.c", "\u00e9.\u00e9.\u00e9", ".."):
        openid.signing, openid.secret, openid.header = None, None, {}
        forge(openid, how)
        assert log_in(client).status_code == 403, how
        assert not is_in(client), how


def test_a_provider_may_change_its_keys(
    client: FlaskClient, openid: OpenId, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client)
    openid.key = rsa_key()
    asked = len(openid.asked)
    assert log_in(client).status_code == 403  # unknown keys are not asked for at once
    assert "/jwks" not in openid.asked[asked:]
    monkeypatch.setattr("app.keys.AGAIN_S", 0.0)
    assert log_in(client).status_code == 303


def test_a_provider_that_answers_with_nonsense_ends_in_a_page(
    client: FlaskClient, openid: OpenId
) -> None:
    nonsense: list[Any] = [
        *(("", 500), ("<html>", 200), ([], 200), ({}, 200), ({"id_token": 7}, 200)),
        redirect("/jwks"),
        *(({"error": "invalid_client"}, 401), ({"error": ["x"]}, 400), ({"error": {}}, 200)),
        ({"access_token": "x", "expires_in": "soon"}, 200),
    ]
    for openid.token in nonsense:
        answer = log_in(client)
        assert answer.status_code in {403, 503}, openid.token
        assert 'href="/login/oidc"' in answer.text
        assert SECRET not in answer.text


def test_a_provider_that_says_wrong_things_of_itself_is_not_used(
    client: FlaskClient, openid: OpenId
) -> None:
    evil = "http://evil.example/"
    wrong: list[dict[str, Any]] = [
        *({"issuer": evil}, {"authorization_endpoint": evil}, {"jwks_uri": 7}),
        {"token_endpoint": None},
    ]
    for openid.discovery in wrong:
        answer = client.get("/login/oidc", headers=HTML)
        assert answer.status_code == 503, openid.discovery
        assert 'name="password"' in answer.text


def test_nothing_is_taken_from_where_an_address_leads_on_to(openid: OpenId) -> None:
    assert fetch(f"{openid.url}/jwks")["keys"]
    with pytest.raises(ProviderUnavailable):
        fetch(f"{openid.url}/end?client_id={CLIENT}&post_logout_redirect_uri=/jwks")


def test_a_provider_that_is_away_leaves_the_password(web_settings: ServeSettings) -> None:
    away = OpenId(url="http://127.0.0.1:9")
    app = server_of(web_settings, **away.settings)
    client = app.test_client()
    answer = client.get("/login/oidc", headers=HTML)
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    secret = services_of(app).accounts.invite("ada", "viewer").secret
    submit(client, f"/invitation/{secret}", password=PASSWORD, again=PASSWORD)
    assert is_in(client)


def test_the_address_may_stand_with_the_person_instead_of_in_the_token(
    server_app: Flask, client: FlaskClient, openid: OpenId
) -> None:
    openid.discovery = {"userinfo_endpoint": f"{openid.url}/userinfo"}
    openid.claims = {"email": None, "email_verified": None}
    assert log_in(client).status_code == 303
    openid.claims["sub"] = "somebody else"
    openid.person["email"] = account(server_app, "bob@lab.example").name
    answer = log_in(client)
    assert answer.status_code == 403
    assert "two people" in answer.text


def test_logging_out_here_offers_to_log_out_there(client: FlaskClient, openid: OpenId) -> None:
    log_in(client)
    left = submit(client, "/logout", at="/account")
    assert left.location == "/login/oidc/left"
    assert not is_in(client)
    page = client.get(left.location).text
    assert f'href="{openid.url}/end?client_id=color-mapper&amp;post_logout_redirect_uri=' in page


def test_without_a_provider_there_is_no_such_way_in(web_settings: ServeSettings) -> None:
    client = server_of(web_settings).test_client()
    assert "/login/oidc" not in client.get("/login").text
    for path in ("/login/oidc", "/login/oidc/callback", "/login/oidc/left"):
        assert client.get(path).status_code == 404


def test_who_has_no_password_here_is_told_so(server_app: Flask, client: FlaskClient) -> None:
    log_in(client)
    assert "has no password of yours" in client.get("/account").text
    root = program(server_app, "root", "admin")
    assert "single sign-on" in root.get("/accounts", headers=HTML).text


def test_guessing_by_the_provider_is_slowed(client: FlaskClient) -> None:
    statuses = {client.get("/login/oidc").status_code for _ in range(61)}
    assert statuses == {303, 429}
