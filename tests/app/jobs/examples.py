"""Jobs and queues for tests."""

from __future__ import annotations

import secrets
from dataclasses import replace

import sqlalchemy as sa

from app.jobs import JobQueue, NewJob


def new_job(**changes: object) -> NewJob:
    """A job like any other, but for what is named."""
    job = NewJob(
        id=secrets.token_urlsafe(16),
        token=secrets.token_urlsafe(16),
        month="2026-11",
        name="kidney.png",
        user="ada",
        batch=None,
        model="identity",
        mpp=0.5,
        file_mpp=None,
        height=511,
        width=303,
        notes=("16 bits were scaled to 8",),
        input_name="input.png",
        input_bytes=2**33,
        input_sha256="ab" * 32,
        idempotency_key=None,
    )
    return replace(job, **changes)  # type: ignore[arg-type]


def queue_of(
    engine: sa.Engine,
    *,
    lease_s: float = 60,
    attempts: int = 3,
    max_queued: int = 1000,
    max_queued_per_user: int = 1000,
) -> JobQueue:
    """A queue; with a negative `lease_s` its leases have lapsed as soon as they begin."""
    return JobQueue(
        engine,
        lease_s=lease_s,
        attempts=attempts,
        max_queued=max_queued,
        max_queued_per_user=max_queued_per_user,
    )
