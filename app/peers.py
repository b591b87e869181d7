"""Who is at the other end of a connection, and where the request that came by it is from.

A proxy in front adds to X-Forwarded-For the address that it was reached from, so that of this list
only the end is the word of somebody whom the settings trust: as many entries as there are proxies.
What stands before them, and the whole header where no proxy is trusted, is whatever a client likes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from app.sign_on import Network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SCHEMES = {"http", "https"}


class Forwarded:
    """An application behind proxies, which sees requests as they came to the first of them."""

    def __init__(
        self, app: WSGIApplication, *, proxies: int, addresses: Collection[Network]
    ) -> None:
        """Of the proxies, the nearest connects from one of the addresses; if empty, from any."""
        self._app = app
        self._addresses = addresses
        # Each proxy adds an address to the list, but replaces the scheme and the host.
        self._fix = ProxyFix(self._checked, x_for=proxies, x_proto=1, x_host=1)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, in which a peer that is no proxy is believed nothing."""
        if self._addresses and not is_among(environ.get("REMOTE_ADDR"), self._addresses):
            return self._app(environ, start_response)
        return self._fix(environ, start_response)

    def _checked(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request of which a proxy may have passed on nonsense, as it does not look."""
        before = environ["werkzeug.proxy_fix.orig"]
        if _parsed(environ.get("REMOTE_ADDR")) is None:
            environ["REMOTE_ADDR"] = before["REMOTE_ADDR"]
        if environ["wsgi.url_scheme"] not in SCHEMES:
            environ["wsgi.url_scheme"] = before["wsgi.url_scheme"]
        return self._app(environ, start_response)


def peer(environ: WSGIEnvironment) -> str | None:
    """The address at the other end of the connection itself, whatever proxies say."""
    found: str | None = environ.get("werkzeug.proxy_fix.orig", environ).get("REMOTE_ADDR")
    return found


def is_among(address: str | None, networks: Collection[Network]) -> bool:
    """Whether an address, of either kind, is one of the networks'; what is no address is not."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
