"""Where inputs and results are kept for people: the protocol that every store follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Protocol


class NotStored(LookupError):  # noqa: N818 - reads as a sentence where it is caught
    """There is no object of that key."""


class StoreUnavailable(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The store does not answer, or not as it should: it may a little later.

    The message is a sentence for people that says what was met.
    """


class StoreRefused(StoreUnavailable):
    """The store will not do it until somebody changes something; the message says who and what."""


def nothing() -> None:
    """Do nothing; for callers who need not know how far a put has come."""


@dataclass(frozen=True)
class StoredObject:
    """What a store knows of one object."""

    key: str
    """`YYYY-MM/<token>/<name>`; all three are made by the service."""
    size: int
    """bytes"""
    sha256: str
    """hexadecimal"""
    content_type: str
    download_name: str
    """The file name that a person who saves the object sees; already safe to show."""


class Store(Protocol):
    """Keeps objects under keys and gives links to them; safe to use from several processes.

    Whatever asks a store over a network may also raise StoreUnavailable and StoreRefused.
    """

    def put(
        self,
        key: str,
        path: Path,
        *,
        content_type: str,
        download_name: str,
        on_progress: Callable[[], None] = nothing,
    ) -> StoredObject:
        """Keep a copy of the file at `path` under the key, durably, before returning.

        A key is written once: putting the same bytes again changes nothing, other bytes raise
        FileExistsError. A full disk raises OSError (ENOSPC) and leaves nothing behind.
        `on_progress` is called every few seconds at the latest while bytes flow; what it raises
        ends the put, and nothing of it is kept.
        """

    def stat(self, key: str) -> StoredObject:
        """What is kept under the key; raises NotStored."""

    def open(self, key: str) -> BinaryIO:
        """The object's bytes, seekable, to be closed by the caller; raises NotStored."""

    def fetch(self, key: str, path: Path) -> None:
        """Copy (or link) the object to a file of this machine; raises NotStored."""

    def delete(self, key: str) -> None:
        """Remove the object; removing what is not there does nothing."""

    def keys(self, prefix: str = "") -> Iterable[str]:
        """The keys that begin with the prefix, in no order."""

    def link(self, key: str) -> str:
        """The address of the object that people pass on; it is good for as long as the object is.

        An absolute URL, or a path of this service. Asks nobody.
        """

    def fresh_link(self, key: str) -> str:
        """An address at which the object opens now, perhaps only for some time; as `link`."""

    def ensure_opens(self, key: str) -> None:
        """Raise StoreRefused when a person who follows the object's link would not see it."""

    def look_ahead(self, today: date) -> None:
        """Make ready what objects of this month and the next will need; for an idle hour."""

    def check(self) -> None:
        """Raise OSError or StoreUnavailable when the store cannot take objects now."""
