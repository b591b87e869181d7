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
"""States between queue and end: somebody holds the job, unless it is handed over."""
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
    """The sender's own name for what is sent together."""
    model: str
    mpp: float | None
    """µm per pixel of the input; None if unknown."""
    file_mpp: float | None
    """What the file itself says of it, whatever the sender said; None if nothing."""
    height: int
    """px"""
    width: int
    """px"""
    notes: tuple[str, ...]
    """Sentences about how the image was read."""
    verdicts: tuple[dict[str, str], ...] = ()
    """What a first look at the image has told, as `cyclegan.quality.verdicts` has it in JSON."""
    input_name: str
    """Last part of the input's store key, such as `input.png`."""
    input_bytes: int
    input_sha256: str
    """hexadecimal"""
    idempotency_key: str | None
    """The client's own name of the request; unique for a user."""
    upload: str | None = None
    """The id of the upload that it was made of; None when it came in one request."""
    project: str | None = None
    """The id of the project whose members see it; None for one that is its sender's alone."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as it stood when it was read: what was queued, and how far it has come."""

    id: str
    token: str
    month: str
    name: str
    user: str
    batch: str | None
    batch_id: str | None
    """Unguessable; whoever has it may see all jobs of the batch. None for a job sent alone."""
    project: str | None
    model: str
    mpp: float | None
    file_mpp: float | None
    height: int
    width: int
    notes: tuple[str, ...]
    verdicts: tuple[dict[str, str], ...]
    input_name: str
    input_bytes: int
    input_sha256: str
    idempotency_key: str | None
    state: State
    attempts: int
    """Times that a worker took the job and did not hand it back in order."""
    cancel_requested: bool
    progress: float
    """0..1: the part of its translation that is done; 0 while the image is being read."""
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
    """Names of all its objects; empty until it is handed over or done, and when it failed."""
    publish_due: datetime | None
    """UTC; when it is (next) tried to publish; not None means that it is handed over."""
    publish_tries: int
    """Times that publishing failed."""
    publish_code: str | None
    """Why the last of those failed, as a word for programs."""
    publish_message: str | None
    """Why the last of those failed, in a sentence for people."""
    eta_s: float | None
    """Estimated seconds left, from the rate of the present attempt; None while unknown."""

    def key(self, name: str) -> str:
        """The store key of one of the job's objects."""
        return f"{self.month}/{self.token}/{name}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker's or publisher's right to a job; void once another has it, or the job is gone."""

    job: Job
    """As it was when it was claimed."""
    owner: str
    """Who has it: a name that no other process ever has."""
    attempt: int
    """The number of this claim on the job; never used twice, unlike `Job.attempts`."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A stretch of the list of jobs, newest first."""

    jobs: tuple[Job, ...]
    next_cursor: str | None
    """Where the next page begins; None on the last page."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one user sent under one name, taken together."""

    id: str
    user: str
    created: datetime
    """UTC; of its first job."""
    counts: dict[State, int]
    """How many of its jobs are in each state; every state is there."""
    progress: float
    """0..1: the part of all its pixels that is done."""
    eta_s: float | None
    """Estimated seconds until the last is translated; None while unknown, and when all are."""


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker that has shown itself."""

    owner: str
    device: str
    """What it computes on, such as `cpu`."""
    seen: datetime
    """UTC"""


@dataclass(frozen=True, kw_only=True)
class Removal:
    """Objects that are to go from the stores: of a job that is gone, or that has no result."""

    month: str
    token: str
    name: str
    """The client's label of the job's image, already safe to show."""
    user: str
    """Whom the job belonged to."""
    since: datetime
    """UTC; when it was asked for. Asking again makes another removal of it."""
    tries: int
    """Times that it failed."""
    error: str | None
    """Why the last try failed, in a sentence for people; None if it did not, or is to come."""
