"""A machine in Google Cloud, as far as its attached service account goes.

One port answers as the machine's metadata server, and is a proxy behind which Google signs for the
account. Processes with `environ` in their environment take themselves to be on such a machine.
"""

from __future__ import annotations

import json
import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.bucket_exchange import TOKEN

SIGNER = "iamcredentials.googleapis.com"


class Machine:
    """An account attached to a machine, and what Google answers when it shall sign."""

    def __init__(self, folder: Path, email: str, port: int) -> None:
        self.email = email
        self.key = generate_private_key(65537, 2048)
        self.refusal: tuple[int, str] | None = None
        """Status and message with which signing is refused."""
        self.certificate = folder / "google.pem"
        self.certificate.write_bytes(_certificate(self.key))
        self.address = f"127.0.0.1:{port}"

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs in its environment to be on the machine."""
        return {
            "GCE_METADATA_HOST": self.address,
            "GCE_METADATA_IP": self.address,
            "HTTPS_PROXY": f"http://{self.address}",
            "REQUESTS_CA_BUNDLE": str(self.certificate),
        }

    def metadata(self, path: str) -> str | None:
        """What the metadata server says at a path."""
        account = "/computeMetadata/v1/instance/service-accounts"
        token = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        about = {"email": self.email, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}
        return {
            "/": "",
            "/computeMetadata/v1/project/project-id": "test",
            f"{account}/default/": json.dumps(about),
            f"{account}/{self.email}/": json.dumps(about),
            f"{account}/default/token": json.dumps(token),
        }.get(path)

    def sign(self, path: str, document: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and answer to a request for a signature."""
        if self.refusal is not None:
            code, message = self.refusal
            return code, {"error": {"code": code, "message": message}}
        assert path == f"/v1/projects/-/serviceAccounts/{self.email}:signBlob"
        signed = self.key.sign(b64decode(document["payload"]), PKCS1v15(), SHA256())
        return 200, {"signedBlob": b64encode(signed).decode()}


@contextmanager
def google_machine(folder: Path, email: str) -> Iterator[Machine]:
    """A machine of its own port; its certificate is written to the folder."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.machine = Machine(folder, email, server.server_address[1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.machine
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    machine: Machine


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        said = self.server.machine.metadata(self.path.partition("?")[0])
        kind = "application/json" if said and said.startswith("{") else "application/text"
        self._say(404 if said is None else 200, (said or "").encode(), kind)

    def do_CONNECT(self) -> None:
        """Be Google behind the proxy, as the certificate says."""
        assert self.path == f"{SIGNER}:443", self.path
        self.send_response(200)
        self.end_headers()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.machine.certificate)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"] == f"Bearer {TOKEN}"
        code, answer = self.server.machine.sign(self.path, document)
        self._say(code, json.dumps(answer).encode(), "application/json")

    def finish(self) -> None:
        """Close what speaks TLS, too."""
        super().finish()
        self.connection.close()

    def _say(self, code: int, body: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def _certificate(key: RSAPrivateKey) -> bytes:
    """A key and a certificate with Google's name, which is trusted by who is told to."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SIGNER)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SIGNER)]), critical=False)
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + certificate.public_bytes(Encoding.PEM)
