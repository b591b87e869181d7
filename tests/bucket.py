"""A bucket on this machine: an emulator in this process, as strict as the service it stands for.

    with bucket_server() as bucket:
        bucket.create("results", public=True)
        os.environ |= bucket.environ
        bucket.faults.refuse(503, times=2)
        ...
        assert bucket.objects("results") == {...}

Requests are counted by what they do, an `Operation`, and faults are scripted by it. Requests of
Google's client are known by a header of its; all others are anonymous, and see what everybody may
see: public objects, and objects whose signed address has not expired.
"""

from __future__ import annotations

import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from gcp_storage_emulator import server as emulator
from gcp_storage_emulator.handlers import buckets
from gcp_storage_emulator.storage import Storage

from tests.bucket_exchange import Exchange
from tests.bucket_faults import ANY, READS, STORES, WRITES, Faults, Operation
from tests.bucket_keys import write_key_file
from tests.bucket_rules import Document, Refusal

__all__ = ["ANY", "READS", "STORES", "WRITES", "Bucket", "bucket_server"]


class Bucket:
    """Buckets, their objects, and what is scripted to go wrong."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.faults = Faults()
        self.is_away = False
        """While true every connection is cut at once."""
        self.denied: set[str] = set()
        """Permissions that the account lacks, such as `storage.buckets.get`."""
        self.foreign: set[str] = set()
        """Names of buckets that belong to somebody else."""
        self.asked: Counter[Operation] = Counter()
        self.creations: list[float] = []
        """When buckets were made, in seconds of the monotonic clock."""
        self.clock_s = 0.0
        """How many seconds its clock is ahead, for what expires."""
        self.keys: dict[str, RSAPublicKey] = {}
        """E-mail address -> public key of the accounts whose signatures are good."""
        self.storage = Storage(use_memory_fs=True)
        self.lock = Lock()
        self.closing = Event()

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs in its environment to use these buckets."""
        return {"STORAGE_EMULATOR_HOST": self.url, "GOOGLE_CLOUD_PROJECT": "test"}

    def create(
        self,
        name: str = "results",
        *,
        uniform: bool = True,
        public: bool = False,
        prevention: bool = False,
        foreign: bool = False,
    ) -> str:
        """Make a bucket; the objects of a `public` one are read by everybody who knows a name."""
        with self.lock:
            buckets.create_bucket(name, self.storage)
            self.storage.buckets[name]["iamConfiguration"] = {
                "uniformBucketLevelAccess": {"enabled": uniform},
                "publicAccessPrevention": "enforced" if prevention else "inherited",
            }
        if public:
            self.grant(name, "roles/storage.legacyObjectReader")
        if foreign:
            self.foreign.add(name)
        return name

    def grant(self, name: str, role: str, member: str = "allUsers") -> None:
        """Add a line to a bucket's policy."""
        with self.lock:
            policy = self.storage.get_bucket_iam_policy(name) or {"bindings": []}
            policy["bindings"].append({"role": role, "members": [member]})
            self.storage.set_bucket_iam_policy(name, policy)

    def remove(self, name: str) -> None:
        """Remove a bucket with all that is in it."""
        with self.lock:
            self.storage.objects.pop(name, None)
            self.storage.resumable.clear()
            self.storage.delete_bucket(name)

    def objects(self, name: str = "results") -> dict[str, bytes]:
        """Object name -> bytes."""
        with self.lock:
            found = self.storage.objects.get(name, {})
            return {key: self.storage.get_file(name, key) for key in found}

    def metadata(self, key: str, name: str = "results") -> Document:
        """What the bucket knows of an object, as its JSON interface says it."""
        with self.lock:
            return dict(self.storage.objects[name][key])

    def damage(self, key: str, name: str = "results") -> None:
        """Change an object's bytes and leave what is known of it as it was."""
        with self.lock:
            path = self.storage._object_path(name, key)
            data = bytearray(self.storage._store.read_bytes(path))
            data[len(data) // 2] ^= 0xFF
            self.storage._store.write_bytes(path, bytes(data))

    def described(self, name: str = "results") -> Document:
        """What is known of a bucket, as the JSON interface says it; changes to it count."""
        found: Document = self.storage.buckets[name]
        return found

    def policy(self, name: str = "results") -> Document:
        """Who may do what with a bucket."""
        return self.storage.get_bucket_iam_policy(name) or {"bindings": []}

    @property
    def names(self) -> set[str]:
        """The names of all buckets."""
        return set(self.storage.buckets)

    def key_file(self, folder: Path, email: str = "mapper@test.iam.gserviceaccount.com") -> Path:
        """A service account's key file, for GOOGLE_APPLICATION_CREDENTIALS; its links are good."""
        path, self.keys[email] = write_key_file(folder, email, f"{self.url}/token")
        return path

    def wipe(self) -> None:
        """As if it had just been started."""
        with self.lock:
            self.storage.wipe()
        for gone in (self.denied, self.foreign, self.asked, self.creations, self.keys):
            gone.clear()
        self.faults.clear()
        self.faults.fired.clear()
        self.is_away = False
        self.clock_s = 0.0


@contextmanager
def bucket_server() -> Iterator[Bucket]:
    """Buckets behind a port of their own, answering in threads of this process."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.bucket = Bucket(server.server_address[1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.bucket
    finally:
        server.bucket.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    bucket: Bucket

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that have gone."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _CutError(ConnectionError):
    """The connection shall be cut."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the base class looks for them

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self) -> None:
        bucket = self.server.bucket
        try:
            self._exchange(bucket)
        except _CutError:
            self.close_connection = True
            with suppress(OSError):  # the client may have gone before
                self.connection.shutdown(socket.SHUT_RDWR)

    def _exchange(self, bucket: Bucket) -> None:
        if bucket.is_away:
            raise _CutError
        request = emulator.Request(self, self.command)
        response = emulator.Response(self)
        _ = request.data  # all of the body, before anything is done
        exchange = Exchange(bucket, request, response, self.headers.get("Host", ""))
        operation = exchange.operation
        bucket.asked[operation] += 1
        fault = bucket.faults.next(operation)
        if fault is not None and fault.kind == "silence":
            bucket.closing.wait(fault.seconds)
        if fault is not None and fault.kind in ("cut", "silence"):
            raise _CutError
        if fault is not None and fault.kind == "refuse":
            exchange.refuse(Refusal(fault.code, fault.message))
        else:
            with bucket.lock:
                exchange.run()
        if fault is not None and fault.kind == "lose":
            raise _CutError
        self._send(response, half=fault is not None and fault.kind == "half")

    def _send(self, response: Any, *, half: bool) -> None:
        content = response._content
        body = content.encode() if isinstance(content, str) else content
        self.send_response(int(response.status), response.status.phrase)
        for name, value in response._headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            raise _CutError
