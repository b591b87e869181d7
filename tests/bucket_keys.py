"""Key files of service accounts that exist in tests only."""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def write_key_file(folder: Path, email: str, token_uri: str) -> tuple[Path, rsa.RSAPublicKey]:
    """Make a key for an account, as Google gives it out; the file and the public key."""
    key = rsa.generate_private_key(65537, 2048)
    path = folder / f"{email.partition('@')[0]}.json"
    path.write_text(json.dumps(document(key, email, token_uri)))
    return path, key.public_key()


def document(key: rsa.RSAPrivateKey, email: str, token_uri: str) -> dict[str, str]:
    """What is in a key file."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "type": "service_account",
        "project_id": "test",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": email,
        "client_id": "1",
        "token_uri": token_uri,
    }
