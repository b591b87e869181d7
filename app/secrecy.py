"""Secrets that are told once and kept only as what they hash to.

They have 256 random bits, so that a fast hash is enough: nobody can try them all.
"""

from __future__ import annotations

import hashlib
import secrets


def fresh() -> str:
    """A new secret, of letters that need no quoting in addresses and headers."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
