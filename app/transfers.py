"""Uploads that arrive in parts: what was acknowledged survives a cut, a restart and a power cut.

    data/uploads/<id>     the bytes, and perhaps some that were not acknowledged yet
    table `uploads`       whose it is, how long it will be, how many bytes are safe on disk

Bytes are forced to disk before their number is written down, and whatever lies beyond that number
is overwritten. Who works at an upload holds a lock on its file, which ends with the request, or
with its process. The row comes after the file, and goes before it.
"""

from __future__ import annotations

import fcntl
import io
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from app import disk
from app.database import lock, reading, writing
from app.jobs import SUBMITTING
from app.quota import require_quota
from app.records import MADE_HERE
from app.refusals import (
    ChecksumMismatch,
    TooManyBytes,
    UploadBusy,
    UploadNotFound,
    UploadUnfinished,
    WrongOffset,
)
from app.scope import Scope
from app.tables import uploads

ID_BYTES = 16
RESERVE_BYTES = 2 * 2**20
"""Room on the disk that an upload leaves to the database."""
KEEP_S = 1.0
"""How often bytes of a part that is still arriving are made safe."""
BUSY_S = 4.0
"""How long a request waits for another one to leave the upload."""
ASK_S = 0.05
LEFTOVER_S = 600.0
"""A file without a row is nobody's when it is so old."""


class Hash(Protocol):
    """What `hashlib` makes."""

    @property
    def name(self) -> str:
        """Of the algorithm."""

    def update(self, data: bytes, /) -> None:
        """Take more of the bytes."""

    def digest(self) -> bytes:
        """The checksum of all that was taken."""


@dataclass(frozen=True)
class Checksum:
    """What the bytes of a part come to, by its sender."""

    hash: Hash
    """Fresh, of the algorithm that was named."""
    wanted: bytes


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """An upload as it stood when it was read."""

    id: str
    """Unguessable."""
    user: str
    """Who began it."""
    length: int
    """Bytes that it will have."""
    kept: int
    """Bytes that are safe on disk."""
    about: str
    """What the sender says of the file, in its own form."""
    created: datetime
    """UTC"""
    expires: datetime
    """UTC; later each time that something of it arrives."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there."""
        return self.kept == self.length


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


class Transfers:
    """The uploads of a data folder; safe across threads and processes.

    Besides what they name, methods raise OSError (ENOSPC) on a full disk and
    `app.database.DatabaseUnavailable`.
    """

    def __init__(
        self,
        engine: sa.Engine,
        folder: Path,
        *,
        days: float,
        max_user_bytes: int | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._keeping = timedelta(days=days)
        self._max_user_bytes = max_user_bytes
        self._clock = clock
        self._holders: dict[str, Callable[[], None]] = {}
        self._holding = threading.Lock()

    def begin(self, *, user: str, length: int, about: str) -> Transfer:
        """A new upload, of which nothing has arrived; raises QuotaExceeded."""
        disk.require_room(self._folder, length + RESERVE_BYTES)
        at = self._clock()
        new = Transfer(
            id=secrets.token_urlsafe(ID_BYTES),
            user=user,
            length=length,
            kept=0,
            about=about,
            created=at,
            expires=at + self._keeping,
        )
        path = self._folder / new.id
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            disk.sync(self._folder)
            with writing(self._engine) as connection:
                lock(connection, SUBMITTING)
                require_quota(connection, user, length, limit=self._max_user_bytes)
                connection.execute(sa.insert(uploads).values(vars(new)))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return new

    def get(self, id: str, *, whose: Scope) -> Transfer:  # noqa: A002 - the field's name
        """The upload as it stands; raises UploadNotFound."""
        is_meant = sa.and_(uploads.c.id == id, whose.within(uploads))
        query = sa.select(uploads).where(is_meant, uploads.c.expires > self._clock())
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none() if MADE_HERE.fullmatch(id) else None
        if row is None:
            raise UploadNotFound
        return _transfer(row)

    @contextmanager
    def hold(
        self,
        id: str,  # noqa: A002
        *,
        whose: Scope,
        give_way: Callable[[], None] = lambda: None,
        patience_s: float = BUSY_S,
    ) -> Iterator[Held]:
        """The upload, for this block alone; raises UploadNotFound, UploadBusy.

        Whoever waits for it calls `give_way`, from another thread, which may end the block early:
        a sender whose network is gone must not keep the same person's next try waiting.
        """
        self.get(id, whose=whose)
        with self._locked(id, patience_s) as file, self._announced(id, give_way):
            # As it is now that nobody else can change it.
            yield Held(self.get(id, whose=whose), file, self)

    def used(self) -> int:
        """Bytes of all uploads that are safe on disk."""
        with reading(self._engine) as connection:
            return int(connection.scalar(sa.select(sa.func.sum(uploads.c.kept))) or 0)

    def sweep(self) -> None:
        """Remove the uploads that have expired, and files that no row tells of."""
        with reading(self._engine) as connection:
            expired = uploads.c.expires <= self._clock()
            late = connection.scalars(sa.select(uploads.c.id).where(expired)).all()
        for name in late:
            self._remove_if_free(name, expired)
        with reading(self._engine) as connection:
            known = set(connection.scalars(sa.select(uploads.c.id)))
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if path.name not in known and time.time() - path.stat().st_mtime > LEFTOVER_S:
                    path.unlink()

    def path(self, id: str) -> Path:  # noqa: A002
        """Where the bytes of an upload are."""
        return self._folder / id

    def keep(self, transfer: Transfer) -> Transfer:
        """Write down how many bytes of a held upload are on disk; it expires later for it."""
        fresh = replace(transfer, expires=self._clock() + self._keeping)
        self._change(fresh.id, kept=fresh.kept, expires=fresh.expires)
        return fresh

    def remove(self, id: str) -> None:  # noqa: A002
        """Forget a held upload, and remove its bytes."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(uploads).where(uploads.c.id == id))
        self.path(id).unlink(missing_ok=True)

    def _remove_if_free(self, id: str, which: sa.ColumnElement[bool]) -> None:  # noqa: A002
        this = sa.and_(uploads.c.id == id, which)
        try:
            with self._locked(id, 0), writing(self._engine) as connection:
                if connection.execute(sa.delete(uploads).where(this)).rowcount:
                    self.path(id).unlink(missing_ok=True)
        except UploadNotFound:  # its bytes are gone already
            with writing(self._engine) as connection:
                connection.execute(sa.delete(uploads).where(this))
        except UploadBusy:
            pass

    def _change(self, id: str, **values: object) -> None:  # noqa: A002
        with writing(self._engine) as connection:
            done = connection.execute(sa.update(uploads).where(uploads.c.id == id).values(values))
        if done.rowcount == 0:
            raise UploadNotFound

    @contextmanager
    def _locked(self, id: str, patience_s: float) -> Iterator[io.FileIO]:  # noqa: A002
        try:
            file = io.FileIO(self.path(id), "r+")
        except FileNotFoundError as error:
            raise UploadNotFound from error
        with file:
            self._lock(file, id, patience_s)
            yield file

    def _lock(self, file: io.FileIO, id: str, patience_s: float) -> None:  # noqa: A002
        end = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= end:
                    raise UploadBusy from error
            else:
                return
            with self._holding:
                ask = self._holders.get(id)
            if ask is not None:
                ask()
            time.sleep(ASK_S)

    @contextmanager
    def _announced(self, id: str, give_way: Callable[[], None]) -> Iterator[None]:  # noqa: A002
        with self._holding:
            self._holders[id] = give_way
        try:
            yield
        finally:
            with self._holding:
                del self._holders[id]


class Held:
    """An upload that nobody else can change meanwhile."""

    def __init__(self, transfer: Transfer, file: io.FileIO, transfers: Transfers) -> None:
        self.transfer = transfer
        self._file = file
        self._transfers = transfers

    @property
    def path(self) -> Path:
        """Where its bytes are; they may be linked to, and not be changed."""
        return self._transfers.path(self.transfer.id)

    def require_whole(self) -> None:
        """Raise UploadUnfinished unless all of it is there."""
        if not self.transfer.is_whole:
            raise UploadUnfinished(kept=self.transfer.kept, length=self.transfer.length)

    def append(
        self, pieces: Iterator[bytes], *, offset: int, checksum: Checksum | None = None
    ) -> Transfer:
        """Take the pieces of a part, and return the upload with what is safe of it now.

        Without a checksum, what arrived is kept whatever ends the pieces, which may raise; with
        one it is all or nothing. Raises WrongOffset, TooManyBytes, ChecksumMismatch.
        """
        if offset != self.transfer.kept:
            raise WrongOffset(met=offset, wanted=self.transfer.kept)
        self._file.truncate(offset)
        self._file.seek(offset)
        try:
            if checksum is None:
                self._take(pieces)
            else:
                self._take_checked(pieces, checksum)
        finally:
            with suppress(OSError):
                self._file.truncate(self.transfer.kept)
        return self.transfer

    def remove(self) -> None:
        """Forget the upload, and remove its bytes."""
        self._transfers.remove(self.transfer.id)

    def _take(self, pieces: Iterator[bytes]) -> None:
        due = time.monotonic() + KEEP_S
        written = self.transfer.kept
        try:
            for piece in pieces:
                written += self._write(piece, written)
                if time.monotonic() >= due:
                    self._keep(written)
                    due = time.monotonic() + KEEP_S
        except (TooManyBytes, OSError):
            raise  # it is the sender's fault, or the disk's
        except Exception:
            self._keep(written)  # it is the network's
            raise
        self._keep(written)

    def _take_checked(self, pieces: Iterator[bytes], checksum: Checksum) -> None:
        written = self.transfer.kept
        for piece in pieces:
            checksum.hash.update(piece)
            written += self._write(piece, written)
        if not secrets.compare_digest(checksum.hash.digest(), checksum.wanted):
            raise ChecksumMismatch(checksum.hash.name)
        self._keep(written)

    def _write(self, piece: bytes, written: int) -> int:
        if written + len(piece) > self.transfer.length:
            raise TooManyBytes(self.transfer.length)
        rest = memoryview(piece)
        while rest:  # a disk that is nearly full takes a part
            rest = rest[self._file.write(rest) :]
        return len(piece)

    def _keep(self, written: int) -> None:
        if written == self.transfer.kept:
            return
        os.fdatasync(self._file.fileno())
        self.transfer = self._transfers.keep(replace(self.transfer, kept=written))


def _transfer(row: sa.Row[Any]) -> Transfer:
    return Transfer(**row._mapping)
