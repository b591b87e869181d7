"""Jobs to rows and back, and where to find them; used by `app.jobs` only."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.job import Job, NewJob
from app.refusals import JobNotFound
from app.tables import jobs

STORED = tuple(field.name for field in fields(Job) if field.name != "eta_s")
MADE_HERE = re.compile("[A-Za-z0-9_-]{1,64}")
"""Ids and tokens. PostgreSQL would not even look for one that has a NUL in it."""


def row_of(new: NewJob, *, batch_id: str | None, at: datetime) -> dict[str, object]:
    """The values of a row that is queued at that time."""
    return {
        **asdict(new),
        "batch_id": batch_id,
        "notes": list(new.notes),
        "verdicts": list(new.verdicts),
        "state": "queued",
        "attempts": 0,
        "cancel_requested": False,
        "progress": 0.0,
        "created": at,
        "objects": [],
        "claims": 0,
        "resumes": False,
        "publish_tries": 0,
    }


def job_of(row: sa.Row[Any]) -> Job:
    """The job that a row stands for."""
    values = {name: row._mapping[name] for name in STORED}
    values["notes"] = tuple(values["notes"])
    values["verdicts"] = tuple(values["verdicts"])
    values["objects"] = tuple(values["objects"])
    return Job(**values, eta_s=seconds_left(row))


def row_by(
    connection: sa.Connection, column: sa.Column[str], value: str, *, locked: bool = False
) -> sa.Row[Any]:
    """The row of an id or token, locked until the end if wanted; raises JobNotFound."""
    query = sa.select(jobs).where(column == value)
    if MADE_HERE.fullmatch(value):
        row = connection.execute(query.with_for_update() if locked else query).one_or_none()
        if row is not None:
            return row
    raise JobNotFound("there is no such job; its image may have been deleted")


def row_of_key(connection: sa.Connection, user: str, key: str | None) -> sa.Row[Any] | None:
    """The row that a user queued under an idempotency key, if any."""
    if key is None:
        return None
    query = sa.select(jobs).where(jobs.c.user == user, jobs.c.idempotency_key == key)
    return connection.execute(query).one_or_none()


def seconds_left(row: sa.Row[*tuple[Any, ...]]) -> float | None:
    """As of the latest progress: a job that is read twice without a change between is the same."""
    if row.state != "running" or row.progress <= (row.rate_from or 0):
        return None
    seconds = (row.rate_until - row.rate_since).total_seconds()
    return max(0.0, float(seconds * (1 - row.progress) / (row.progress - row.rate_from)))
