"""Who vouches for people beside their passwords, and whether that can be relied on."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagnosis.finding import Finding
from app.keys import fetch
from app.person import ProviderUnavailable
from app.provider import discover
from app.proxies import IAP_KEYS
from app.settings import ServeSettings
from app.sign_on import HERE

SUBJECT = "login"
MOST_ADDRESSES = 256
"""Of one network that is believed to be a proxy."""
ANYBODYS = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com",
    "icloud.com", "proton.me", "protonmail.com", "gmx.de", "gmx.net", "web.de", "qq.com",
})  # fmt: skip
"""Domains in which everybody can have an address."""


def check_sign_on(settings: ServeSettings) -> Iterator[Finding]:
    """The provider and the proxy that the settings name."""
    vouching = settings.oidc_issuer or settings.proxy_header or settings.iap_audience
    if settings.mode == "local":
        if vouching:
            yield Finding("warn", SUBJECT, "nobody logs in in local mode, whoever is set to vouch")
        return
    if not vouching:
        yield Finding("ok", SUBJECT, "by name and password")
    if settings.oidc_issuer:
        yield _provider(settings)
    if settings.proxy_header:
        yield _header(settings)
    if settings.iap_audience:
        yield _iap()
    if settings.trusted_proxies:
        yield _forwarded(settings)
    public = sorted(ANYBODYS.intersection(settings.join_domains))
    if public:
        text = f"everybody can have an address of {', '.join(public)}, and with it an account here"
        yield Finding("bad", SUBJECT, text, "Take it out of join_domains and invite people")


def _provider(settings: ServeSettings) -> Finding:
    try:
        discover(settings.oidc_issuer)
    except ProviderUnavailable as error:
        cure = "Look at oidc_issuer, and whether this machine may connect there"
        return Finding("bad", SUBJECT, f"the provider cannot be used: {error}", cure)
    return Finding("ok", SUBJECT, f"{settings.oidc_issuer} answers, and speaks for itself")


def _header(settings: ServeSettings) -> Finding:
    networks = ", ".join(map(str, settings.proxy_addresses))
    text = f"{settings.proxy_header} is believed from {networks}"
    if any(network.num_addresses > MOST_ADDRESSES for network in settings.proxy_addresses):
        text = f"{text}: whoever has one of so many addresses can be anybody"
        return Finding("warn", SUBJECT, text, "Name the proxy's own address in proxy_addresses")
    return Finding("ok", SUBJECT, text)


def _forwarded(settings: ServeSettings) -> Finding:
    """Whoever gets past the proxies chooses the address whose attempts are counted."""
    if settings.proxy_addresses:
        networks = ", ".join(map(str, settings.proxy_addresses))
        return Finding("ok", SUBJECT, f"X-Forwarded-For is believed from {networks}")
    if settings.host in HERE:
        return Finding("ok", SUBJECT, "X-Forwarded-For is believed from this machine")
    text = f"X-Forwarded-For is believed from everybody who reaches port {settings.port}"
    cure = "Name the addresses from which the nearest proxy connects in proxy_addresses"
    return Finding("warn", SUBJECT, text, cure)


def _iap() -> Finding:
    try:
        fetch(IAP_KEYS)
    except ProviderUnavailable as error:
        text = f"Google's keys cannot be had, so that nobody gets in by its proxy: {error}"
        return Finding("bad", SUBJECT, text, "Let this machine connect to www.gstatic.com")
    return Finding("ok", SUBJECT, "Google's keys for its proxy can be had")
