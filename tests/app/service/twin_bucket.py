"""A store as if over a network: what happens when it is asked is up to the test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Lock

from app.services import Services
from app.stores import StoredObject, StoreUnavailable
from app.stores.local import LocalStore
from app.stores.memory import MemoryStore
from app.stores.store import nothing

Before = Callable[[str, str], None]
"""Told the verb and the key of each request before it is done; what it raises is its answer."""


def let(_verb: str, _key: str) -> None:
    """Let every request pass."""


def away(_verb: str, _key: str) -> None:
    """Refuse every connection."""
    raise StoreUnavailable("the bucket does not answer")


class TwinBucket(MemoryStore):
    """The store in memory, with something before each request, and a note of it."""

    def __init__(self, before: Before = let) -> None:
        super().__init__()
        self.before = before
        self.asked: list[tuple[str, str]] = []
        self.most_puts_at_once = 0
        self._puts = 0
        self._counting = Lock()

    def put(
        self,
        key: str,
        path: Path,
        *,
        content_type: str,
        download_name: str,
        on_progress: Callable[[], None] = nothing,
    ) -> StoredObject:
        with self._counting:
            self._puts += 1
            self.most_puts_at_once = max(self.most_puts_at_once, self._puts)
        try:
            self._ask("put", key)
            return super().put(
                key,
                path,
                content_type=content_type,
                download_name=download_name,
                on_progress=on_progress,
            )
        finally:
            with self._counting:
                self._puts -= 1

    def stat(self, key: str) -> StoredObject:
        self._ask("stat", key)
        return super().stat(key)

    def delete(self, key: str) -> None:
        self._ask("delete", key)
        super().delete(key)

    def keys(self, prefix: str = "") -> Iterable[str]:
        self._ask("keys", prefix)
        return super().keys(prefix)

    def ensure_opens(self, key: str) -> None:
        self._ask("ensure_opens", key)

    def look_ahead(self, today: date) -> None:
        self._ask("look_ahead", today.isoformat())

    def check(self) -> None:
        self._ask("check", "")

    def holds(self) -> set[str]:
        """The keys of what is there, without asking."""
        return set(super().keys())

    def times(self, verb: str) -> int:
        """How often it was asked to do something."""
        return sum(asked == verb for asked, _ in self.asked)

    def _ask(self, verb: str, key: str) -> None:
        self.asked.append((verb, key))
        self.before(verb, key)


def with_bucket(services: Services, bucket: TwinBucket) -> Services:
    """The services, publishing into a bucket."""
    staging = LocalStore(services.settings.data_dir / "staging")
    return replace(services, staging=staging, store=bucket)


@dataclass
class Clock:
    """A clock that goes when the test says so."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now
