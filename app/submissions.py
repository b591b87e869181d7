"""What people do with jobs: send an image, stop a job, remove it; behind JSON and HTML alike."""

from __future__ import annotations

import math
import secrets
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from app import objects
from app.job import Job, NewJob
from app.labels import safe_label
from app.removing import clear_away
from app.scope import Scope
from app.services import Services
from app.uploads import CheckedUpload, receive, require_one_file
from cyclegan.errors import SettingsError
from cyclegan.images.spacing import LARGEST_UM, SMALLEST_UM

TOKEN_BYTES = 16
MPP_RANGE = (SMALLEST_UM, LARGEST_UM)
"""µm per pixel that microscopes have."""
INPUT_SUFFIXES = {"png": ".png", "jpeg": ".jpg", "tiff": ".tif"}
"""By the format that was found in the bytes."""


def submit(
    services: Services,
    *,
    file: BinaryIO | Path,
    filename: str | None,
    user: str,
    model: str | None = None,
    mpp: str | float | None = None,
    batch: str | None = None,
    idempotency_key: str | None = None,
    declared_bytes: int | None = None,
) -> Job:
    """Check an image, keep it and queue its translation; or return the job of an earlier try.

    `file` is a stream, or a file on the data folder's disk, which is moved away. `filename` is only
    a label; `model` None means the default. What can be refused without the file is refused before
    it is read. Raises ModelError, SettingsError (mpp), QueueFull, IdempotencyConflict, ImageError,
    and OSError (ENOSPC) on a full disk; whatever is raised, nothing is left.
    """
    card = services.catalogue.card(model or services.settings.default_model)
    spacing_um = checked_mpp(mpp)
    require_one_file(filename)
    # A request that is sent again must find its job even when the queue is full by now.
    if idempotency_key is None:
        services.queue.require_room(user)
    with receive(services, file, declared_bytes=declared_bytes) as upload:
        new = NewJob(
            id=secrets.token_urlsafe(TOKEN_BYTES),
            token=secrets.token_urlsafe(TOKEN_BYTES),
            month=datetime.now(UTC).strftime("%Y-%m"),
            name=safe_label(filename),
            user=user,
            batch=batch,
            model=card.name,
            mpp=spacing_um or upload.info.spacing_um,
            file_mpp=upload.info.spacing_um,
            height=upload.info.height,
            width=upload.info.width,
            notes=upload.info.notes,
            input_name=f"input{INPUT_SUFFIXES[upload.info.format]}",
            input_bytes=upload.bytes,
            input_sha256=upload.sha256,
            idempotency_key=idempotency_key,
        )
        return _queue(services, new, upload)


def checked_mpp(value: str | float | None) -> float | None:
    """The µm per pixel that a person gave, or None for nothing; raises SettingsError."""
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    low, high = MPP_RANGE
    if not low <= number <= high:
        raise SettingsError(
            f"mpp is {str(value)[:32]!r}; it must be a number of µm per pixel "
            f"from {low} to {high:g}; correct it or leave it out"
        )
    return number


def cancel(services: Services, job_id: str) -> Job:
    """Ask for a job to be stopped; raises JobNotFound."""
    return services.queue.cancel(job_id)


def remove(services: Services, job_id: str) -> bool:
    """Remove a job with its input and its results; raises JobNotFound.

    Returns whether objects remain that could not be removed now: the publisher goes on with them.
    A worker that is at the job finds its lease lost and clears up what it has made since.
    """
    job = services.queue.delete(job_id)
    shutil.rmtree(services.work / job.id, ignore_errors=True)
    for removal in services.queue.removals_due():
        if removal.token == job.token:
            return not clear_away(services, removal)
    # The publisher was faster.
    return any(removal.token == job.token for removal in services.queue.removals(Scope(job.user)))


def _queue(services: Services, new: NewJob, upload: CheckedUpload) -> Job:
    with ExitStack() as undo:
        undo.callback(objects.remove, services.staging, new)
        objects.keep(services.staging, new, new.input_name, upload.path)
        objects.keep(services.staging, new, objects.INPUT_PREVIEW, upload.preview)
        job = services.queue.submit(new)
        if job.id == new.id:
            undo.pop_all()
        return job
