"""The results of a batch in one ZIP, made on the way, each under a name of its own.

Nothing of the ZIP is kept on a disk, and of each result a piece at a time in memory. How large it
will be is known from the records of the results: whoever saves it is told, and sees it when the
service could not go on. The results are stored as they are, for a TIFF is compressed already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from zipstream import ZipStream

from app import disk, objects
from app.job import Job
from app.labels import derived_name
from app.refusals import JobNotFound
from app.scope import Scope
from app.services import Services
from app.stores.store import StoreUnavailable

AT_ONCE = 200
"""Jobs that are read from the database at a time."""
CHANGED = "a result is not as it was when the ZIP was begun; download it again"


@dataclass(frozen=True, slots=True)
class Member:
    """A result that goes into the ZIP."""

    job: str
    """Its id."""
    key: str
    name: str
    size: int
    """bytes"""


@dataclass
class Names:
    """Gives each image of a batch a file name that no other has, whatever a disk calls the same."""

    taken: set[str] = field(default_factory=set)

    def name(self, job: Job) -> str:
        """`kidney.png` becomes `kidney-he.tif`, the next one of that name `kidney-he (2).tif`."""
        number, ending = 1, objects.ENDINGS[objects.RESULT]
        name = derived_name(job.name, ending)
        while name.casefold() in self.taken:
            number += 1
            stem, dot, suffix = ending.rpartition(".")
            name = derived_name(job.name, f"{stem} ({number}){dot}{suffix}")
        self.taken.add(name.casefold())
        return name


def named(services: Services, batch_id: str, *, whose: Scope) -> Iterator[tuple[Job, str]]:
    """The jobs of a batch, the first sent first, each with the file name of its result; lazy.

    Every image has its name from the beginning, so that names stay when further results come.
    """
    names, cursor = Names(), None
    while True:
        page = services.queue.batch_page(batch_id, whose=whose, limit=AT_ONCE, cursor=cursor)
        yield from ((job, names.name(job)) for job in page.jobs)
        cursor = page.next_cursor
        if cursor is None:
            return


def has_result(services: Services, job: Job) -> bool:
    """Whether there is a result to be had; asks nobody, so one removed by hand counts, too."""
    days = services.settings.retention_days if services.publishes else None
    is_over = days and job.finished and job.finished + timedelta(days=days) <= datetime.now(UTC)
    return objects.RESULT in job.objects and not is_over


def result_size(services: Services, job: Job) -> int:
    """Bytes of a job's result; asks the stores only about jobs of earlier versions."""
    record: Any = job.provenance or {}
    size = record.get("files", {}).get(objects.RESULT, {}).get("bytes")
    if isinstance(size, int):
        return size
    stored, file = objects.opened(services, job, objects.RESULT)
    file.close()
    return stored.size


def archive(
    services: Services,
    members: Iterable[Member],
    *,
    table: bytes,
    may_still_see: Callable[[str], bool],
) -> ZipStream:
    """A ZIP of the results, and of a table that tells of every image, as bytes to be iterated once.

    Its `len` is what it will have. A result that is gone by its turn raises NotStored or
    StoreUnavailable then, and one of a job that whoever asked may not see any more JobNotFound: the
    ZIP ends without the directory that any program needs to open it.
    """
    made = ZipStream(sized=True)
    for member in members:
        made.add(_pieces(services, member, may_still_see), member.name, size=member.size)
    made.add(table, "images.csv")
    return made


def _pieces(
    services: Services, member: Member, may_still_see: Callable[[str], bool]
) -> Iterator[bytes]:
    if not may_still_see(member.job):
        raise JobNotFound("whoever asked for the ZIP may not see this result any more")
    stored, file = objects.opened_under(services, member.key)
    with file:
        if stored.size != member.size:
            raise StoreUnavailable(CHANGED)
        sent = 0
        for piece in disk.pieces(file):
            sent += len(piece)
            yield piece
    if sent != member.size:
        raise StoreUnavailable(CHANGED)
