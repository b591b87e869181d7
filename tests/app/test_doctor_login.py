"""What the doctor says of those who vouch for people."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from app.diagnosis.configuration import read_configuration
from app.diagnosis.sign_on import check_sign_on
from app.settings import ServeSettings
from tests.app.openid import CLIENT, SECRET, OpenId, openid

__all__ = ["openid"]
KEY = "k" * 32


def found(**settings: object) -> list[str]:
    """Level and text of what is found on a server with such settings."""
    given = {"mode": "server", "secret_key": KEY, **settings}
    lines = check_sign_on(ServeSettings.model_validate(given))
    return [f"{one.level}: {one.text}" for one in lines]


def test_a_provider_is_asked_whether_it_can_be_used(openid: OpenId) -> None:
    assert found(**openid.settings) == [f"ok: {openid.url} answers, and speaks for itself"]
    openid.discovery = {"issuer": "https://login.example"}
    (line,) = found(**openid.settings)
    assert line.startswith("bad: the provider cannot be used")
    assert "https://login.example" in line
    assert SECRET not in line


def test_a_header_of_too_many_machines_is_warned_of() -> None:
    for network, level in (("10.0.0.7/32", "ok"), ("10.0.0.0/8", "warn")):
        given = {"proxy_header": "X-Forwarded-Email", "proxy_addresses": (ip_network(network),)}
        (line,) = found(**given)
        assert line.startswith(f"{level}: X-Forwarded-Email is believed from {network}")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"host": "0.0.0.0"}, "warn: X-Forwarded-For is believed from everybody who reaches"),  # noqa: S104
        ({"host": "127.0.0.1"}, "ok: X-Forwarded-For is believed from this machine"),
        (
            {"host": "0.0.0.0", "proxy_addresses": (ip_network("10.0.0.7"),)},  # noqa: S104
            "ok: X-Forwarded-For is believed from 10.0.0.7/32",
        ),
    ],
)
def test_who_can_choose_an_address_is_told(settings: dict[str, object], line: str) -> None:
    assert found(trusted_proxies=1, **settings)[1].startswith(line)


def test_a_domain_of_everybody_is_bad(openid: OpenId) -> None:
    lines = found(**openid.settings, join_domains=("lab.example", "gmail.com"))
    assert lines[1].startswith("bad: everybody can have an address of gmail.com,")


def test_passwords_alone_are_well_and_local_mode_asks_nobody(openid: OpenId) -> None:
    assert found() == ["ok: by name and password"]
    (line,) = found(**openid.settings, mode="local")
    assert line.startswith("warn: nobody logs in in local mode")
    assert not openid.asked


def test_contradictions_are_told_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "serve.yaml"
    wrong = {
        "proxy_header: X-Email": "proxy_addresses",
        'proxy_addresses: ["::1"]': "trusted_proxies or proxy_header",
        "trusted_proxies: 1\nproxy_addresses: [0.0.0.0/0]": "every address",
        "trusted_proxies: -1": "trusted_proxies",
        "proxy_header: X-Email\nproxy_addresses: [0.0.0.0/0]": "every address",
        'proxy_header: X-Email\nproxy_addresses: ["::1"]\niap_audience: x': "exclude",
        'proxy_header: X_Email\nproxy_addresses: ["::1"]': "name of a header",
        f"oidc_client_id: {CLIENT}\noidc_client_secret: {SECRET}": "belong together",
        f"oidc_client_secret: [{SECRET}]": "oidc_client_secret",
        "join_domains: [lab.example]": "vouches",
        f"oidc_issuer: http://login.example\noidc_client_id: x\noidc_client_secret: {SECRET}": (
            "https"
        ),
    }
    for content, told in wrong.items():
        file.write_text(f"secret_key: {KEY}\n{content}\n")
        finding = read_configuration({"COLORMAPPER_CONFIG": str(file)}, mode="server").finding
        assert (finding.level, told in finding.text) == ("bad", True), finding
        assert SECRET not in finding.text
