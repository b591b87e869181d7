"""Passwords: which are good enough, and how they are kept (argon2id)."""

from __future__ import annotations

from collections.abc import Collection
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from app.account import WeakPassword

SHORTEST, LONGEST = 10, 200
"""Characters that a password may have."""
GOOD = 3
"""Of zxcvbn's scores 0 to 4: from here, a hundred million guesses are not enough."""
GUESSED_BY = 72
"""Characters that zxcvbn looks at; its time grows with the cube of them."""
AT_ONCE = 2
"""Hashes that are made at the same time; each takes 64 MiB."""
NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4$Z6Fm5rP+VHLdEVFkqtph+w$"
    "VtveQFF9v4ZIXPfbRqfJlJ/6ZU2aEoSlZWbkhsjKCvU"
)
"""Compared with where there is no password, so that this takes as long."""


class Passwords:
    """Makes and compares hashes, few at a time; safe across threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = BoundedSemaphore(AT_ONCE)

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        with self._turns:
            return self._hasher.hash(password)

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the password of a hash; of None never, but after the same work."""
        with self._turns:
            try:
                return self._hasher.verify(kept or NOBODYS, password) and kept is not None
            except VerificationError:
                return False

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with less work than is asked for by now."""
        return self._hasher.check_needs_rehash(kept)


def require_good(password: str, *, about: Collection[str]) -> None:
    """Raise WeakPassword unless it is hard to guess, also for who knows the words `about` it."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(
            f"the password has {len(password)} characters; choose one of {SHORTEST} to {LONGEST}"
        )
    from zxcvbn import zxcvbn  # its lists of common passwords take 10 MB, and are seldom needed

    if zxcvbn(password[:GUESSED_BY], user_inputs=[*about, "color mapper"])["score"] < GOOD:
        raise WeakPassword(
            "the password is among those that are guessed first; choose another one, "
            "such as four words that have nothing to do with each other"
        )
