"""What a job is: frozen values, read by the pages, the API and the worker.

Nothing here knows of the database; `app.jobs` writes and reads these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

State = Literal["queued", "running", "publishing", "done", "failed", "cancelled"]

STATES: tuple[State, ...] = get_args(State)
ACTIVE: tuple[State, ...] = ("running", "publishing")
"""States in which a worker holds the job."""
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
"""States that never change again."""


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to be queued; its input is already in the store."""

    id: str
    """Unguessable; whoever has it may watch, cancel and delete the job."""
    token: str
    """Unguessable and another one than `id`; part of the store keys and of shared links."""
    month: str
    """`YYYY-MM`, UTC, of the job's creation; first part of the store keys."""
    name: str
    """The client's label of the image, already safe to show."""
    user: str
    """Whom the job belongs to: for fairness, quotas and lists."""
    batch: str | None
    """Jobs that were sent together share it."""
    model: str
    mpp: float | None
    """µm per pixel of the input; None if unknown."""
    height: int
    """px"""
    width: int
    """px"""
    notes: tuple[str, ...]
    """Sentences about how the image was read."""
    input_name: str
    """Last part of the input's store key, such as `input.png`."""
    input_bytes: int
    input_sha256: str
    """hexadecimal"""
    idempotency_key: str | None
    """The client's own name of the request; unique for a user."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as it stood when it was read: what was queued, and how far it has come."""

    id: str
    token: str
    month: str
    name: str
    user: str
    batch: str | None
    model: str
    mpp: float | None
    height: int
    width: int
    notes: tuple[str, ...]
    input_name: str
    input_bytes: int
    input_sha256: str
    idempotency_key: str | None
    state: State
    attempts: int
    """Times that a worker took the job and did not hand it back in order."""
    cancel_requested: bool
    tiles_done: int
    """Patches translated in the present attempt."""
    tiles_total: int
    """Patches in all; 0 while unknown."""
    created: datetime
    """UTC"""
    started: datetime | None
    """UTC; of the present or last attempt; None while it waits."""
    finished: datetime | None
    """UTC; when it became done, failed or cancelled."""
    error_code: str | None
    """Why it failed, as a word for programs; None unless failed."""
    error_message: str | None
    """Why it failed, in a sentence for people; None unless failed."""
    provenance: dict[str, object] | None
    """What made the result, as given to `JobQueue.publishing`."""
    objects: tuple[str, ...]
    """Names under which objects were published; empty unless done."""
    eta_s: float | None
    """Estimated seconds left, from the rate of the present attempt; None while unknown."""

    def key(self, name: str) -> str:
        """The store key of one of the job's objects."""
        return f"{self.month}/{self.token}/{name}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker's right to a job; void once another worker has it, or the job is gone."""

    job: Job
    """As it was when it was claimed."""
    owner: str
    """The worker: a name that no other process ever has."""
    attempt: int
    """The number of this claim on the job; never used twice, unlike `Job.attempts`."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A stretch of the list of jobs, newest first."""

    jobs: tuple[Job, ...]
    next_cursor: str | None
    """Where the next page begins; None on the last page."""


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker that has shown itself."""

    owner: str
    device: str
    """What it computes on, such as `cpu`."""
    seen: datetime
    """UTC"""
