"""Who did what: a line of JSON for each act, appended to files that nobody changes.

    audit/2026-11-001.jsonl    the first file of a month; the next one begins when it is full

A line holds ids, never what a person called a file, and JSON writes a newline as two characters, so
that nobody can make up a line. It is one `write` to a file opened with O_APPEND: lines of several
processes do not mix, and one that was written survives the end of its process. What changes
something is also forced to disk before it is answered; after a power cut the last views may lack.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import pwd
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from app import disk
from app.settings import ServeSettings

log = logging.getLogger("app.audit")

Action = Literal[
    "login", "logout", "account", "upload", "list", "view", "download", "share", "revoke",
    "review", "try", "cancel", "delete", "model", "administer", "project", "join", "leave", "move",
    "lost",
]  # fmt: skip
"""`list` names objects without showing them; `lost` says that lines before it are missing."""
ACTIONS: tuple[Action, ...] = get_args(Action)
Outcome = Literal["done", "refused", "failed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
REFUSED = frozenset({401, 403, 404, 429})
"""Not you, or not now; somebody else's object is 404, exactly as one that is not there."""

FILE_BYTES = 64 * 2**20
"""A file that has so many bytes is followed by the next one of its month."""
FILES = "????-??-???.jsonl"


class Entry(BaseModel):
    """One line."""

    model_config = ConfigDict(frozen=True)

    time: AwareDatetime
    """UTC"""
    user: str
    action: Action
    object: str | None = None
    """Such as `job:<id>` or `job:<id>/result.tif`; None when what was asked for is not known."""
    outcome: Outcome
    status: int | None = None
    """Of the answer; None on the command line."""
    request: str | None = None
    """The number that the answer carries as X-Request-ID."""
    address: str | None = None
    """From where it was asked."""


@dataclass(frozen=True)
class Wanted:
    """Which lines somebody looks for; None means any."""

    user: str | None = None
    """With its kind (`account:ann`) or without."""
    object: str | None = None
    """The same; what is part of an object counts as the object."""
    action: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, entry: Entry) -> bool:
        """Whether the line is one of them."""
        return (
            (self.user is None or _is_named(entry.user, self.user))
            and (self.object is None or _is_named(entry.object or "", self.object))
            and self.action in {None, entry.action}
            and self.outcome in {None, entry.outcome}
            and (self.since is None or entry.time >= self.since)
            and (self.until is None or entry.time < self.until)
        )


class AuditLog:
    """Appends to the files of one folder; safe to use from several threads and processes."""

    def __init__(self, folder: Path, *, keep_days: int) -> None:
        self._folder = folder
        self._keep = timedelta(days=keep_days)
        self._lost = 0
        self._counting = Lock()

    def write(self, entry: Entry, *, durably: bool = True) -> bool:
        """Append the line; False when that failed.

        A full disk stops nobody's work: the line goes to the service's own log as an error, and
        once lines can be written again the first one says how many are missing.
        """
        line = _line(entry)
        lost = self._lost
        try:
            self._append(_gap(entry.time, lost) + line if lost else line, entry.time, durably)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            log.error("the audit log takes no line (%s): %s", reason, line.rstrip())  # noqa: TRY400
            lost = -1
        with self._counting:
            self._lost -= lost
        return lost >= 0

    def read(self, wanted: Wanted) -> Iterator[Entry]:
        """The lines that somebody looks for, the oldest first; warns of those that are torn."""
        for path in sorted(self._folder.glob(FILES)):
            if not wanted.since or path.name[:7] >= _month(wanted.since):
                yield from (entry for entry in _entries(path) if wanted.takes(entry))

    def _append(self, text: str, at: datetime, durably: bool) -> None:
        disk.make_folder(self._folder)
        descriptor = self._open(_month(at))
        try:
            # While another process writes, its line has no end yet, as a torn one.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            data = (text if _is_whole(descriptor) else f"\n{text}").encode("ascii")
            if os.write(descriptor, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # nobody waits for another one's disk
            if durably:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _open(self, month: str) -> int:
        """A new descriptor of the month's file that is not full, which is begun if need be."""
        for number in range(1, 1000):
            path = self._folder / f"{month}-{number:03}.jsonl"
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            size = os.fstat(descriptor).st_size
            if size == 0:
                self._begin(descriptor)
            if size < FILE_BYTES:
                return descriptor
            os.close(descriptor)
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))

    def _begin(self, descriptor: int) -> None:
        """Give a new file to whose the folder is, and remove those that need not be kept."""
        if os.geteuid() == 0:  # an administrator's command; the service must be able to go on
            owner = self._folder.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        disk.sync(self._folder)
        oldest = (datetime.now(UTC) - self._keep).timestamp()
        for path in self._folder.glob(FILES):
            with suppress(FileNotFoundError):  # another process was faster
                if path.stat().st_mtime < oldest:
                    path.unlink()


def by_command(action: Action, object: str, *, outcome: Outcome = "done") -> Entry:  # noqa: A002
    """What somebody did on this machine's command line, now."""
    user = f"system:{os.getuid()}"
    with suppress(KeyError):  # the user of a container may have no name
        user = f"system:{pwd.getpwuid(os.getuid()).pw_name}"
    return Entry(time=datetime.now(UTC), user=user, action=action, object=object, outcome=outcome)


def open_audit(settings: ServeSettings) -> AuditLog:
    """The audit log of a service."""
    return AuditLog(settings.data_dir / "audit", keep_days=settings.audit_days)


def _line(entry: Entry) -> str:
    known = entry.model_dump(mode="json", exclude_none=True)
    return json.dumps(known, separators=(",", ":")) + "\n"  # ASCII, so that it is one line


def _gap(at: datetime, lost: int) -> str:
    entry = Entry(time=at, user="system", action="lost", object=f"lines:{lost}", outcome="failed")
    return _line(entry)


def _is_whole(descriptor: int) -> bool:
    """Whether the file ends with a line: a full disk or a power cut may have torn the last one."""
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _entries(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield Entry.model_validate_json(line)
            except ValidationError:
                if line.strip():
                    log.warning("line %d of %s is torn", number, path.name)


def _month(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m}"


def _is_named(found: str, wanted: str) -> bool:
    whole = found.partition("/")[0]
    return wanted in {found, whole, whole.partition(":")[2]}
