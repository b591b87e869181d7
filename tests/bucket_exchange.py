"""One request to a bucket and its answer: the emulator's, where the rules allow it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gcp_storage_emulator import server as emulator
from gcp_storage_emulator.handlers import buckets, objects

from tests.bucket_faults import Operation
from tests.bucket_rules import (
    Document,
    Refusal,
    check_insert,
    check_patch,
    check_signature,
    everybody_lists,
    everybody_reads,
)

if TYPE_CHECKING:
    from tests.bucket import Bucket

PERMISSIONS: dict[tuple[str, str], str] = {
    ("GET", "b"): "storage.buckets.list",
    ("POST", "b"): "storage.buckets.create",
    ("GET", "bucket"): "storage.buckets.get",
    ("PATCH", "bucket"): "storage.buckets.update",
    ("DELETE", "bucket"): "storage.buckets.delete",
    ("GET", "iam"): "storage.buckets.getIamPolicy",
    ("PUT", "iam"): "storage.buckets.setIamPolicy",
    ("GET", "o"): "storage.objects.list",
    ("POST", "o"): "storage.objects.create",
    ("PUT", "o"): "storage.objects.create",
    ("GET", "object"): "storage.objects.get",
    ("DELETE", "object"): "storage.objects.delete",
    ("PATCH", "object"): "storage.objects.update",
}
_PATHS = {
    "b": re.compile(r"(/storage/v1)?/b"),
    "iam": re.compile(r"(/storage/v1)?/b/[^/]+/iam"),
    "rights": re.compile(r"(/storage/v1)?/b/[^/]+/iam/testPermissions"),
    "bucket": re.compile(r"(/storage/v1)?/b/[^/]+"),
    "o": re.compile(r"(/upload)?(/storage/v1)?/b/[^/]+/o"),
    "object": re.compile(r"(/download)?(/storage/v1)?/b/[^/]+/o/.+|/[^/]+/.+"),
}


TOKEN = "a-token-of-the-tests"  # noqa: S105 - it opens nothing


class Exchange:
    """A request with all that came with it, and the answer that is being made."""

    def __init__(self, bucket: Bucket, request: Any, response: Any, host: str) -> None:
        self.bucket = bucket
        self.request = request
        self.response = response
        self.host = host
        self.kind = next((k for k, p in _PATHS.items() if p.fullmatch(request.path)), "other")
        self.handler = self._route()

    def _route(self) -> Any:
        for pattern, verbs in emulator.HANDLERS:
            found = re.fullmatch(pattern, self.request.path)
            if found:
                self.request.set_match(found)
                return verbs.get(self.request.method)
        return None

    @property
    def operation(self) -> Operation:
        """What the request does."""
        if self.kind == "o":
            return self._transfer()
        if self.kind == "object":
            return self._on_object()
        return "other" if self.kind == "other" else "bucket"

    def _transfer(self) -> Operation:
        if self.request.method == "GET":
            return "list"
        if self.request.method == "POST":
            return "begin" if self.request.query.get("uploadType") == ["resumable"] else "store"
        total = self.request.get_header("Content-Range", "").rpartition("/")[2]
        return "store" if self._last_byte() + 1 == int(total) else "piece"

    def _last_byte(self) -> int:
        found = re.search(r"-(\d+)/", self.request.get_header("Content-Range", ""))
        return int(found[1]) if found else -1

    def _on_object(self) -> Operation:
        if self.request.method == "DELETE":
            return "delete"
        reads = self.request.query.get("alt") == ["media"] or not self._is_json
        return "read" if reads else "look"

    @property
    def _is_json(self) -> bool:
        return "/b/" in self.request.path and not self.request.path.startswith("/download")

    @property
    def _is_client(self) -> bool:
        """Whether Google's client asks, for an account."""
        if authorization := self.request.get_header("Authorization"):
            return bool(authorization == f"Bearer {TOKEN}")
        return "gccl" in self.request.get_header("x-goog-api-client", "")

    @property
    def _params(self) -> dict[str, str]:
        return self.request.params if self.handler else {}

    @property
    def _name(self) -> str:
        return self._params.get("bucket_name", "")

    @property
    def _key(self) -> str:
        """The name of the object that is spoken of."""
        if "object_id" in self._params:
            return self._params["object_id"]
        body = self.request.data if isinstance(self.request.data, dict) else {}
        name = body.get("meta", body).get("name") or self.request.query.get("name", [""])[0]
        upload = self.request.query.get("upload_id", [""])[0]
        resumed = self.bucket.storage.resumable.get(upload, {})
        return str(resumed.get("name") or name)

    @property
    def _found(self) -> Document | None:
        found: Document | None = self.bucket.storage.objects.get(self._name, {}).get(self._key)
        return found

    def run(self) -> None:
        """Do what is asked, or refuse it; the response then holds the answer."""
        try:
            self._check_permission()
            self._check_bucket()
            self._obey()
        except Refusal as refusal:
            self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> None:
        """Answer with an error."""
        self.response.status = HTTPStatus(refusal.code)
        self.response.json({"error": {"code": refusal.code, "message": str(refusal)}})

    def _check_permission(self) -> None:
        if self.request.path == "/token":
            return
        permission = PERMISSIONS.get((self.request.method, self.kind))
        if not self._is_client:
            self._check_anonymous(permission)
        elif permission in self.bucket.denied or self._is_foreign:
            raise Refusal(
                403, f"Permission '{permission}' denied on resource (or it may not exist)."
            )

    @property
    def _is_foreign(self) -> bool:
        return self._name in self.bucket.foreign and self.kind != "rights"

    def _check_anonymous(self, permission: str | None) -> None:
        bucket = self.bucket.storage.buckets.get(self._name, {})
        policy = self.bucket.storage.bucket_iam_policies.get(self._name)
        if "X-Goog-Signature" in self.request.query:
            check_signature(self.request, self.host, self.bucket.keys, now=self._now)
            return
        reads = permission == "storage.objects.get" and everybody_reads(bucket, policy, self._found)
        lists = permission == "storage.objects.list" and everybody_lists(bucket, policy)
        if not (reads or lists):
            code = 401 if self._is_json else 403
            raise Refusal(code, f"Anonymous caller does not have {permission} access.")

    @property
    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.bucket.clock_s)

    def _check_bucket(self) -> None:
        if self._name and self._name not in self.bucket.storage.buckets:
            raise Refusal(404, "The specified bucket does not exist.")

    def _obey(self) -> None:
        if self.request.path == "/token":
            self.response.json({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        elif self.operation in ("begin", "piece", "store"):
            self._insert()
        elif self.operation == "read":
            self._download()
        elif self.kind == "b":
            self._create() if self.request.method == "POST" else self._list_buckets()
        elif self.kind == "rights":
            self._rights()
        else:
            self._leave_to_emulator()

    def _leave_to_emulator(self) -> None:
        if self.kind == "object" and self._found is None:
            raise Refusal(404, f"No such object: {self._name}/{self._key}")
        if self.kind == "object" and self.request.method == "PATCH":
            check_patch(self.request.data or {}, self.bucket.storage.buckets[self._name])
        if self.kind == "iam" and self.request.method == "PUT":
            check_patch(self.request.data or {}, self.bucket.storage.buckets[self._name])
        if self.handler is None:
            raise Refusal(501, f"{self.request.method} {self.request.path} is not emulated")
        self.handler(self.request, self.response, self.bucket.storage)

    def _insert(self) -> None:
        key = self._key
        check_insert(self.request.query, self.bucket.storage.buckets[self._name], self._found)
        self._leave_upload_to_emulator()
        stored = self.bucket.storage.objects.get(self._name, {}).get(key)
        if stored is not None and self.request.query.get("predefinedAcl") == ["publicRead"]:
            stored["acl"] = [{"entity": "allUsers", "role": "READER"}]

    def _leave_upload_to_emulator(self) -> None:
        if self.request.query.get("upload_id", [""])[0] and not self._has_session:
            raise Refusal(410, "The upload has been terminated.")
        self.handler(self.request, self.response, self.bucket.storage)

    @property
    def _has_session(self) -> bool:
        return self.request.query["upload_id"][0] in self.bucket.storage.resumable

    def _download(self) -> None:
        found = self._found
        generation = self.request.query.get("generation", [None])[0]
        if found is None or generation not in (None, found["generation"]):
            raise Refusal(404, f"No such object: {self._name}/{self._key}")
        begins = re.match(r"bytes=(\d+)-", self.request.get_header("Range", "") or "")
        if begins and int(begins[1]) >= int(found["size"]):
            self.response["Content-Range"] = f"bytes */{found['size']}"
            raise Refusal(416, "The requested range cannot be satisfied.")
        objects.download(self.request, self.response, self.bucket.storage)
        for name, value in _headers(found):
            self.response[name] = value

    def _create(self) -> None:
        document = self.request.data
        name = document["name"]
        if name in self.bucket.storage.buckets:
            mine = (
                "Your previous request to create the named bucket succeeded and you already own it."
            )
            other = "The requested bucket name is not available."
            raise Refusal(409, other if name in self.bucket.foreign else mine)
        created = buckets.create_bucket(name, self.bucket.storage)
        self.response.json(buckets._patch_bucket(created, document))
        self.bucket.creations.append(time.monotonic())

    def _list_buckets(self) -> None:
        prefix = self.request.query.get("prefix", [""])[0]
        self.response.json(
            {
                "items": [
                    bucket
                    for name, bucket in sorted(self.bucket.storage.buckets.items())
                    if name.startswith(prefix) and name not in self.bucket.foreign
                ]
            }
        )

    def _rights(self) -> None:
        asked = self.request.query.get("permissions", [])
        lost = set(asked) if self._name in self.bucket.foreign else self.bucket.denied
        self.response.json({"permissions": [right for right in asked if right not in lost]})


def _headers(found: Document) -> Iterator[tuple[str, str]]:
    """What an object's metadata adds to the headers of a download."""
    yield "ETag", f'"{found["etag"]}"'
    yield "X-Goog-Generation", found["generation"]
    for name, header in (
        ("contentDisposition", "Content-Disposition"),
        ("cacheControl", "Cache-Control"),
    ):
        if name in found:
            yield header, found[name]
