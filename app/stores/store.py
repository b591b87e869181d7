"""Where inputs and results are kept for people: the protocol that every store follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


class NotStored(LookupError):  # noqa: N818 - reads as a sentence where it is caught
    """There is no object of that key."""


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
    """Keeps objects under keys and gives links to them; safe to use from several processes."""

    def put(self, key: str, path: Path, *, content_type: str, download_name: str) -> StoredObject:
        """Keep a copy of the file at `path` under the key, durably, before returning.

        A key is written once: putting the same bytes again changes nothing, other bytes raise
        FileExistsError. A full disk raises OSError (ENOSPC) and leaves nothing behind.
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
        """Where a browser opens the object: an absolute URL, or a path of this service."""

    def check(self) -> None:
        """Raise OSError when the store cannot take objects now."""
