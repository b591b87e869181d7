"""What people do with jobs: send an image, stop a job, remove it; behind JSON and HTML alike."""

from __future__ import annotations

import math
import re
import secrets
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app import disk, objects
from app.job import Job, NewJob
from app.labels import safe_label
from app.refusals import IdempotencyConflict, InputGone, UploadNotFound, WrongDigest
from app.removing import clear_away
from app.scope import Scope
from app.services import Services
from app.stores import NotStored
from app.transfers import Held
from app.tus import parse_metadata
from app.uploads import CheckedUpload, receive, require_one_file
from cyclegan.errors import ImageError, SettingsError
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
    project: str | None = None,
    idempotency_key: str | None = None,
    declared_bytes: int | None = None,
    sha256: str | None = None,
    upload: str | None = None,
) -> Job:
    """Check an image, keep it and queue its translation; or return the job of an earlier try.

    `file` is a stream, or a file on the data folder's disk, which is moved away. `filename` is only
    a label; `model` None means the default. What can be refused without the file is refused before
    it is read. `project` is the id of the one that it goes into, `sha256` what the sender says of
    the file, `upload` what it arrived as. Raises ModelError, SettingsError (mpp, sha256),
    QueueFull, QuotaExceeded, ProjectUnusable, ProjectArchived, IdempotencyConflict, WrongDigest,
    ImageError, and OSError (ENOSPC) on a full disk; whatever is raised, nothing is left.
    """
    card = services.catalogue.card(model or services.default_model)
    spacing_um = checked_mpp(mpp)
    wanted = checked_sha256(sha256)
    require_one_file(filename)
    # A request that is sent again must find its job even when the queue is full by now.
    if idempotency_key is None:
        services.queue.require_room(user)
        if project is not None:
            services.projects.require_taking(project, user=user)
    with receive(services, file, declared_bytes=declared_bytes, sha256=wanted) as received:
        new = NewJob(
            id=secrets.token_urlsafe(TOKEN_BYTES),
            token=secrets.token_urlsafe(TOKEN_BYTES),
            month=datetime.now(UTC).strftime("%Y-%m"),
            name=safe_label(filename),
            user=user,
            batch=batch,
            model=card.name,
            mpp=spacing_um or received.info.spacing_um,
            file_mpp=received.info.spacing_um,
            height=received.info.height,
            width=received.info.width,
            notes=received.info.notes,
            verdicts=tuple(verdict.as_json() for verdict in received.verdicts),
            input_name=f"input{INPUT_SUFFIXES[received.info.format]}",
            input_bytes=received.bytes,
            input_sha256=received.sha256,
            idempotency_key=idempotency_key,
            upload=upload,
            project=project,
        )
        return _queue(services, new, received)


def submit_upload(
    services: Services,
    upload: str,
    *,
    whose: Scope,
    user: str,
    model: str | None = None,
    mpp: str | float | None = None,
    batch: str | None = None,
    project: str | None = None,
    idempotency_key: str | None = None,
    sha256: str | None = None,
) -> Job:
    """The job that is made of an upload: asked for again, it is the same one.

    The upload must be within `whose` scope. It is gone when its job is
    there, and when its bytes cannot become one; what else is refused may be corrected and asked for
    again. Raises what `submit` raises, UploadNotFound, UploadBusy and UploadUnfinished.
    """
    order = partial(
        submit,
        services,
        user=user,
        model=model,
        mpp=mpp,
        batch=batch,
        idempotency_key=idempotency_key,
        upload=upload,
    )
    try:
        with services.transfers.hold(upload, whose=whose) as held:
            held.require_whole()
            try:
                job = _submit_held(services, held, order, sha256=sha256, project=project)
            except (ImageError, WrongDigest):
                held.remove()
                raise
            held.path.unlink()  # its row went when the job came
            return job
    except UploadNotFound:
        earlier = services.queue.of_upload(upload, whose=whose)
        if earlier is None:
            raise
        if model not in {None, earlier.model}:
            raise IdempotencyConflict(
                f"this upload became a job of {earlier.model}; send the file again for another one"
            ) from None
        return earlier


def translate_again(services: Services, job: Job, *, model: str | None, user: str) -> Job:
    """Queue the translation of a job's image by another model, as a job of its own.

    Raises what `submit` raises, InputGone, and what a store over a network raises.
    """
    try:
        file = objects.file_of(services, job, job.input_name)
    except NotStored as error:
        raise InputGone from error
    with file:
        return submit(
            services,
            file=file,
            filename=job.name,
            user=user,
            model=model,
            mpp=job.mpp,
            declared_bytes=job.input_bytes,
            sha256=job.input_sha256,
        )


def _submit_held(
    services: Services,
    held: Held,
    order: Callable[..., Job],
    *,
    sha256: str | None,
    project: str | None,
) -> Job:
    about = parse_metadata(held.transfer.about)
    with disk.scratch(services.incoming) as folder:
        path = folder / "upload"
        # Stays where it is until the job is there: a crash must not lose what arrived.
        disk.link_or_copy(held.path, path)
        return order(
            file=path,
            filename=about.get("filename"),
            sha256=sha256 or about.get("sha256"),
            project=project or about.get("project") or None,
        )


def checked_sha256(value: str | None) -> str | None:
    """What a person says a file's SHA-256 is, in lower case, or None; raises SettingsError."""
    if value is None:
        return None
    if not re.fullmatch("[0-9a-fA-F]{64}", value):
        raise SettingsError(
            f"sha256 is {value[:80]!r}; it must be 64 hexadecimal digits; "
            "correct it or leave it out"
        )
    return value.lower()


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
    for folder in (services.work, services.tried):
        shutil.rmtree(folder / job.id, ignore_errors=True)
    for removal in services.queue.removals_due():
        if removal.token == job.token:
            return not clear_away(services, removal)
    # The publisher was faster.
    return any(removal.token == job.token for removal in services.queue.removals(Scope(job.user)))


def _queue(services: Services, new: NewJob, received: CheckedUpload) -> Job:
    with ExitStack() as undo:
        undo.callback(objects.remove, services.staging, new)
        objects.keep(services.staging, new, new.input_name, received.path)
        objects.keep(services.staging, new, objects.INPUT_PREVIEW, received.preview)
        job = services.queue.submit(new)
        if job.id == new.id:
            undo.pop_all()
        return job
