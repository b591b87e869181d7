"""Trials wait beside the jobs, in a short line of their own: whoever waits for one looks on.

Who was served longest ago comes first, so that nobody waits for more than one trial of each other
user. A worker's writes are fenced as those on jobs are: a trial that was removed, or taken over
from a worker that was thought dead, is LeaseLost. All methods are safe across threads and
processes, and raise what those of `app.jobs` do besides what they name.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.database import lock, now, reading, writing
from app.records import MADE_HERE, row_by
from app.refusals import LeaseLost, TrialNotFound, TrialsWaiting
from app.tables import jobs, trials
from app.trial import KEPT, Made, Trial
from cyclegan.images.region import Region

ASKING = 4
"""The lock under which trials are asked for, so that limits hold."""
ID_BYTES = 16
WAITING_PER_USER = 12
WAITING_IN_ALL = 120
LISTED = 24
"""Trials of a job that are told of, the latest."""
ATTEMPTS = 3
WORKER_DIED = (
    "worker_died",
    "the worker stopped unexpectedly each time; draw a smaller region, or ask whoever runs this "
    "service",
)
UNFINISHED = trials.c.state.in_(("queued", "running"))
UNHELD = {"owner": None, "lease_until": None}
WITH_JOB = sa.select(trials, jobs.c.id.label("job_id")).join(jobs, jobs.c.number == trials.c.job)


class Trials:
    """The trials of one database, as `app.migrations.migrate` left it."""

    def __init__(self, engine: sa.Engine, *, lease_s: float) -> None:
        self._engine = engine
        self._lease_s = lease_s

    def ask(self, job_id: str, region: Region, models: Sequence[str], *, user: str) -> list[Trial]:
        """Have a region translated by each of the models; raises JobNotFound, TrialsWaiting."""
        with writing(self._engine) as connection:
            lock(connection, ASKING)
            number = row_by(connection, jobs.c.id, job_id).number
            _require_room(connection, user, len(models))
            at = now(connection)
            ids = [secrets.token_urlsafe(ID_BYTES) for _ in models]
            asked = {**region._asdict(), "job": number, "user": user, "created": at}
            for one, model in zip(ids, models, strict=True):
                values = {**asked, "id": one, "model": model, "state": "queued", "attempts": 0}
                connection.execute(sa.insert(trials).values(values))
            rows = connection.execute(
                WITH_JOB.where(trials.c.id.in_(ids)).order_by(trials.c.number)
            )
            return [_trial_of(row) for row in rows]

    def get(self, id: str) -> Trial:  # noqa: A002 - the field's name
        """The trial of an id; raises TrialNotFound."""
        with reading(self._engine) as connection:
            query = WITH_JOB.where(trials.c.id == id)
            if MADE_HERE.fullmatch(id):
                row = connection.execute(query).one_or_none()
                if row is not None:
                    return _trial_of(row)
        raise TrialNotFound("there is no such trial (any more): draw the region again")

    def of_job(self, job_id: str) -> list[Trial]:
        """The latest trials of a job, those first."""
        query = WITH_JOB.where(jobs.c.id == job_id).order_by(trials.c.number.desc()).limit(LISTED)
        with reading(self._engine) as connection:
            return [_trial_of(row) for row in connection.execute(query)]

    def remove(self, id: str) -> None:  # noqa: A002
        """Forget a trial: whoever holds it finds LeaseLost."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(trials).where(trials.c.id == id))

    def claim(self, owner: str) -> Trial | None:
        """Take the trial whose turn it is, or None when none waits; it is then `running`."""
        with reading(self._engine) as connection:  # asked all the time, and most of it in vain
            if connection.scalar(sa.select(trials.c.number).where(UNFINISHED).limit(1)) is None:
                return None
        with writing(self._engine) as connection:
            at = now(connection)
            _release(connection, trials.c.lease_until < at, at=at)
            number = connection.scalar(_next())
            if number is None:
                return None
            values = {
                "state": "running",
                "owner": owner,
                "attempts": trials.c.attempts + 1,
                "started": at,
                "lease_until": self._lease(at),
            }
            is_free = sa.and_(trials.c.number == number, trials.c.state == "queued")
            taken = connection.execute(sa.update(trials).where(is_free).values(values))
            if taken.rowcount == 0:  # by another worker, just now
                return None
            return _trial_of(connection.execute(WITH_JOB.where(trials.c.number == number)).one())

    def heartbeat(self, held: Trial) -> None:
        """Extend the lease; raises LeaseLost."""
        with writing(self._engine) as connection:
            _write(connection, held, {"lease_until": self._lease(now(connection))})

    def finish(self, held: Trial, made: Made) -> None:
        """Its pictures are there; raises LeaseLost."""
        self._end(held, {"state": "done", "made": asdict(made)})

    def fail(self, held: Trial, code: str, message: str) -> None:
        """It cannot be made; raises LeaseLost."""
        self._end(held, {"state": "failed", "error_code": code, "error_message": message})

    def give_back(self, held: Trial) -> None:
        """The worker stops in order: the trial waits, and the attempt does not count."""
        with writing(self._engine) as connection:
            values = {"state": "queued", "started": None, "attempts": trials.c.attempts - 1}
            _write(connection, held, {**values, **UNHELD})

    def release_dead(self, is_alive: Callable[[str], bool]) -> None:
        """Take trials from workers that have died, at once; `is_alive` is asked for each."""
        holding = sa.select(trials.c.owner).where(trials.c.owner.is_not(None)).distinct()
        with reading(self._engine) as connection:
            owners = connection.scalars(holding).all()
        dead = [owner for owner in owners if owner is not None and not is_alive(owner)]
        if dead:
            with writing(self._engine) as connection:
                _release(connection, trials.c.owner.in_(dead), at=now(connection))

    def sweep(self) -> None:
        """Forget the trials that are older than `KEPT`."""
        with writing(self._engine) as connection:
            old = trials.c.created < now(connection) - KEPT
            connection.execute(sa.delete(trials).where(old))

    def ids(self) -> set[str]:
        """Of all trials there are."""
        with reading(self._engine) as connection:
            return set(connection.scalars(sa.select(trials.c.id)))

    def _end(self, held: Trial, values: dict[str, object]) -> None:
        with writing(self._engine) as connection:
            _write(connection, held, {**values, "finished": now(connection), **UNHELD})

    def _lease(self, at: datetime) -> datetime:
        return at + timedelta(seconds=self._lease_s)


def _require_room(connection: sa.Connection, user: str, more: int) -> None:
    for who, most, which in (
        ("you have", WAITING_PER_USER, trials.c.user == user),
        ("everybody together has", WAITING_IN_ALL, sa.true()),
    ):
        query = sa.select(sa.func.count()).select_from(trials).where(UNFINISHED, which)
        if connection.execute(query).scalar_one() + more > most:
            raise TrialsWaiting(who, most)


def _next() -> sa.Select[Any]:
    """The number of the oldest waiting trial of who was served longest ago."""
    served = (
        sa.select(trials.c.user, sa.func.max(trials.c.started).label("latest"))
        .group_by(trials.c.user)
        .subquery()
    )
    return (
        sa.select(trials.c.number)
        .join(served, served.c.user == trials.c.user)
        .where(trials.c.state == "queued")
        .order_by(served.c.latest.is_not(None), served.c.latest, trials.c.number)
        .limit(1)
    )


def _release(connection: sa.Connection, which: sa.ColumnElement[bool], *, at: datetime) -> None:
    """Those that a worker has left wait again, or fail when that has come about too often."""
    code, message = WORKER_DIED
    held = sa.and_(trials.c.state == "running", which)
    connection.execute(
        sa.update(trials)
        .where(held, trials.c.attempts >= ATTEMPTS)
        .values(state="failed", finished=at, error_code=code, error_message=message, **UNHELD)
    )
    connection.execute(sa.update(trials).where(held).values(state="queued", started=None, **UNHELD))


def _write(connection: sa.Connection, held: Trial, values: dict[str, object]) -> None:
    fence = sa.and_(
        trials.c.id == held.id,
        trials.c.state == "running",
        trials.c.owner == held.owner,
        trials.c.attempts == held.attempts,
    )
    if connection.execute(sa.update(trials).where(fence).values(values)).rowcount == 0:
        raise LeaseLost("the trial was taken over or is gone")


def _trial_of(row: sa.Row[Any]) -> Trial:
    return Trial(
        id=row.id,
        job=row.job_id,
        user=row.user,
        model=row.model,
        region=Region(row.y, row.x, row.height, row.width),
        state=row.state,
        created=row.created,
        started=row.started,
        finished=row.finished,
        made=None if row.made is None else Made.of(row.made),
        error_code=row.error_code,
        error_message=row.error_message,
        attempts=row.attempts,
        owner=row.owner,
    )
