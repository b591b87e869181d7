"""What settings of logins by other services must be like; each check raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

HERE = {"localhost", "127.0.0.1", "::1"}
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def is_safe(address: str) -> bool:
    """Whether nobody on the way can read or change what is exchanged with an address."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)


def check_provider(issuer: str, client_id: str, client_secret: str) -> None:
    """All of it is there, or nothing; and the provider is reached by https."""
    given = [bool(issuer), bool(client_id), bool(client_secret)]
    if any(given) and not all(given):
        raise ValueError(
            "oidc_issuer, oidc_client_id and oidc_client_secret belong together: set all or none"
        )
    if issuer and not is_safe(issuer):
        raise ValueError(f"oidc_issuer must begin with https:// (met: {issuer!r})")


def check_proxy(header: str, audience: str) -> None:
    """A plain header has a name that headers have, and is believed beside no signed one."""
    if header and not HEADER.fullmatch(header):
        raise ValueError(f"proxy_header must be the name of a header (met: {header!r})")
    if header and audience:
        raise ValueError("proxy_header and iap_audience exclude each other; keep iap_audience")


def check_addresses(addresses: Collection[Network], *, header: str, proxies: int) -> None:
    """They are some, not all, and something of proxies is believed; a plain header needs them."""
    if header and not addresses:
        raise ValueError(
            "proxy_header is believed only from proxy_addresses, and there are none: name the "
            "address from which the proxy connects, such as 127.0.0.1"
        )
    if addresses and not header and not proxies:
        raise ValueError(
            "proxy_addresses mean nothing without trusted_proxies or proxy_header; set one of "
            "these, too, or none of them"
        )
    if any(network.prefixlen == 0 for network in addresses):
        raise ValueError("proxy_addresses must not be every address there is")


def check_domains(domains: Collection[str], *, vouched: bool) -> None:
    """They are domains, and somebody vouches for addresses."""
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            raise ValueError(
                f"join_domains: {domain!r} is not a domain in lower case, such as lab.example.org"
            )
    if domains and not vouched:
        raise ValueError(
            "join_domains needs somebody who vouches for addresses: set oidc_issuer, "
            "proxy_header or iap_audience"
        )
