"""Translations that need not be made again: same bytes, same model, same pixel size, result there.

They are offered, and never taken unasked: whoever sends an image again gets a job of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from app import objects
from app.job import Job
from app.scope import Scope
from app.services import Services
from app.stores.store import NotStored, StoreUnavailable
from app.submissions import checked_mpp
from cyclegan.errors import ModelError
from cyclegan.models.catalogue import ModelCard

LATEST = 5
"""Translations of the same bytes that are looked at: asking for a result may take a bucket."""


def known(
    services: Services, *, sha256: str, model: str | None, mpp: str | float | None, whose: Scope
) -> Job | None:
    """The latest translation in the scope that an image about to be sent would repeat.

    `sha256` is that of the file, hexadecimal; `model` and `mpp` are as for `submissions.submit`,
    so that None is the default model, and what the file says. Raises ModelError, SettingsError.
    """
    card = services.catalogue.card(model or services.settings.default_model)
    wanted = checked_mpp(mpp)
    found = _same(services, sha256.lower(), card, whose)
    return next((job for job in found if job.mpp == (wanted or job.file_mpp)), None)


def repeated(services: Services, new: Job, *, whose: Scope) -> Job | None:
    """The latest translation in the scope that a new job repeats."""
    try:
        card = services.catalogue.card(new.model)
    except ModelError:  # the package may have been taken away since
        return None
    found = _same(services, new.input_sha256, card, whose)
    return next((job for job in found if job.mpp == new.mpp and job.id != new.id), None)


def _same(services: Services, sha256: str, card: ModelCard, whose: Scope) -> Iterator[Job]:
    for job in services.queue.done_with(sha256, model=card.name, whose=whose, limit=LATEST):
        record = job.provenance or {}
        # A model may have been trained anew under its name.
        if record.get("weights_sha256") == card.sha256 and _is_kept(services, job):
            yield job


def _is_kept(services: Services, job: Job) -> bool:
    try:
        _, file = objects.opened(services, job, objects.RESULT)
    except (NotStored, StoreUnavailable):
        return False
    file.close()
    return True
