"""What Google Cloud Storage refuses and its emulator lets pass: who may do what, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

Document = dict[str, Any]

EVERYBODY = "allUsers"
READERS = {f"roles/storage.{role}" for role in ("legacyObjectReader", "objectViewer", "admin")}
PREVENTED = (
    "The member bindings allUsers and allAuthenticatedUsers are not allowed since "
    "public access prevention is enforced."
)
LISTERS = {f"roles/storage.{role}" for role in ("legacyBucketReader", "objectViewer", "admin")}


class Refusal(Exception):  # noqa: N818 - it is an answer
    """The service answers with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def is_uniform(bucket: Document) -> bool:
    access = bucket.get("iamConfiguration", {}).get("uniformBucketLevelAccess", {})
    return bool(access.get("enabled"))


def prevents_public(bucket: Document) -> bool:
    return bool(bucket.get("iamConfiguration", {}).get("publicAccessPrevention") == "enforced")


def roles_of_everybody(policy: Document | None) -> set[str]:
    bindings = (policy or {}).get("bindings", [])
    return {binding["role"] for binding in bindings if EVERYBODY in binding["members"]}


def everybody_reads(bucket: Document, policy: Document | None, found: Document | None) -> bool:
    """Whether somebody without credentials may read the object."""
    if prevents_public(bucket):
        return False
    if roles_of_everybody(policy) & READERS:
        return True
    lists = [] if is_uniform(bucket) or found is None else found.get("acl", [])
    return any(entry["entity"] == EVERYBODY for entry in lists)


def everybody_lists(bucket: Document, policy: Document | None) -> bool:
    """Whether somebody without credentials may see which objects there are."""
    return not prevents_public(bucket) and bool(roles_of_everybody(policy) & LISTERS)


def check_insert(query: Mapping[str, list[str]], bucket: Document, found: Document | None) -> None:
    """Raise Refusal when the bucket would not take the upload."""
    if query.get("ifGenerationMatch") == ["0"] and found is not None:
        raise Refusal(412, "At least one of the pre-conditions you specified did not hold.")
    if query.get("predefinedAcl"):
        check_acl(public=query["predefinedAcl"] == ["publicRead"], bucket=bucket)


def check_acl(*, public: bool, bucket: Document) -> None:
    """Raise Refusal when an object of the bucket can have no list of who may read it."""
    if is_uniform(bucket):
        raise Refusal(
            400,
            "Cannot insert legacy ACL for an object when uniform bucket-level access is enabled.",
        )
    if public and prevents_public(bucket):
        raise Refusal(412, PREVENTED)


def check_patch(document: Document, bucket: Document) -> None:
    """Raise Refusal when a change would show to everybody what must not be shown."""
    if "acl" in document:
        public = any(entry["entity"] == EVERYBODY for entry in document["acl"])
        check_acl(public=public, bucket=bucket)
    if roles_of_everybody(document) and prevents_public(bucket):
        raise Refusal(412, PREVENTED)


def check_signature(
    request: Any, host: str, keys: Mapping[str, RSAPublicKey], *, now: datetime
) -> None:
    """Raise Refusal when a V4 signature is not that of a trusted account, or has expired."""
    given = {name: values[0] for name, values in request.query.items()}
    email, _, scope = given["X-Goog-Credential"].partition("/")
    begins = datetime.strptime(given["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if now > begins + timedelta(seconds=int(given["X-Goog-Expires"])):
        raise Refusal(400, "ExpiredToken: The provided token has expired.")
    signature = bytes.fromhex(given.pop("X-Goog-Signature"))
    digest = hashlib.sha256(_canonical(request, given, host).encode()).hexdigest()
    text = f"GOOG4-RSA-SHA256\n{given['X-Goog-Date']}\n{scope}\n{digest}"
    try:
        keys[email].verify(signature, text.encode(), PKCS1v15(), SHA256())
    except (KeyError, InvalidSignature) as error:
        raise Refusal(403, "SignatureDoesNotMatch: Access denied.") from error


def _canonical(request: Any, given: Mapping[str, str], host: str) -> str:
    query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(given.items()))
    return f"{request.method}\n{request.path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
