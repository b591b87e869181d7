"""A proxy before the service, on a port of its own, and clients with addresses of their own."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlencode

PATIENCE_S = 30
PASSED_ON = ("Host", "Cookie", "Content-Type")


@dataclass(frozen=True)
class Reply:
    """What a client got."""

    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass(frozen=True)
class Client:
    """Somebody at an address of this machine's loopback network, such as 127.0.0.2."""

    address: str
    port: int
    """Of whom they talk to."""

    def get(self, path: str, headers: list[tuple[str, str]] | None = None) -> Reply:
        return self.ask("GET", path, headers or [])

    def ask(self, method: str, path: str, headers: list[tuple[str, str]], body: str = "") -> Reply:
        """Send a request with these headers, of which several may have one name."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_S, source_address=(self.address, 0)
        )
        try:
            connection.putrequest(method, path, skip_host="Host" in dict(headers))
            for name, value in [*headers, ("Content-Length", str(len(body)))]:
                connection.putheader(name, value)
            connection.endheaders(body.encode())
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def guess(self, name: str, *forwarded: str) -> list[int]:
        """The statuses of attempts to log in with a wrong password, one for each address told."""
        page = self.get("/login")
        (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)
        headers = [
            ("Cookie", str(page.headers["Set-Cookie"]).partition(";")[0]),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
        body = urlencode({"csrf_token": token, "name": name, "password": "x" * 12})
        told = [("X-Forwarded-For", one) for one in forwarded]
        return [self.ask("POST", "/login", [*headers, one], body).status for one in told]


@contextmanager
def proxy_of(port: int, *, adds: str = "{client}", **headers: str) -> Iterator[int]:
    """The port of a proxy of the service at a port, for the length of the block.

    It adds to X-Forwarded-For, and says what else the headers are, as proxies do.
    """

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there = Client("127.0.0.1", port)
            before = self.headers.get_all("X-Forwarded-For", [])
            hops = [*before, adds.format(client=self.client_address[0])]
            ours = [("X-Forwarded-For", hop) for hop in hops]
            ours += [(name.replace("_", "-"), value) for name, value in headers.items()]
            kept = [(name, self.headers[name]) for name in PASSED_ON if name in self.headers]
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            answer = there.ask(self.command, self.path, [*ours, *kept], body)
            self.send_response(answer.status)
            for name in ("Set-Cookie", "Location"):
                if name in answer.headers:
                    self.send_header(name, str(answer.headers[name]))
            self.send_header("Content-Length", str(len(answer.text.encode())))
            self.end_headers()
            self.wfile.write(answer.text.encode())

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
