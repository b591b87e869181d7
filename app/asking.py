"""What people do with trials: ask for them, look at them, drop them."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path

from app.documents import is_there
from app.job import Job
from app.refusals import InputGone, TrialTooLarge
from app.services import Services
from app.stores import NotStored
from app.trial import MOST_PX, Trial
from cyclegan.errors import SettingsError
from cyclegan.images.region import Region
from cyclegan.images.scale import TOLERANCE


def ask(
    services: Services, job: Job, region: Region, models: Sequence[str], *, user: str
) -> list[Trial]:
    """Have a region of a job's image, in px as it was sent, translated by each of the models.

    Raises SettingsError, TrialTooLarge, ModelError, InputGone, TrialsWaiting and JobNotFound.
    """
    require_region(job, region)
    for name in models:
        card = services.catalogue.card(name)
        height, width = expected(region, job.mpp, card.spacing_um)
        _require_small(height, width, what=f"{card.title} would make of it")
    if not has_input(services, job):
        raise InputGone
    return services.trials.ask(job.id, region, models, user=user)


def drop(services: Services, trial: Trial) -> None:
    """Forget a trial with its pictures; a worker that is at it stops."""
    services.trials.remove(trial.id)
    shutil.rmtree(services.tried / trial.job / trial.id, ignore_errors=True)


def picture(services: Services, trial: Trial, name: str) -> Path:
    """A file of a trial that is done; raises NotStored."""
    path = services.tried / trial.job / trial.id / name
    if trial.state != "done" or not path.is_file():
        raise NotStored(name)
    return path


def has_input(services: Services, job: Job) -> bool:
    """Whether the image itself is there, so that something new can be made of it."""
    return is_there(services, job, job.input_name)


def require_region(job: Job, region: Region) -> None:
    """Raise SettingsError for a region outside of the image, TrialTooLarge for one too large."""
    try:
        region.require_inside(job.height, job.width)
    except ValueError as error:
        raise SettingsError(f"{error}; draw it inside") from error
    _require_small(region.height, region.width, what="the region has")


def expected(region: Region, mpp: float | None, wanted_um: float | None) -> tuple[int, int]:
    """Height and width in px that a model makes of a region, which may want smaller pixels."""
    ratio = mpp / wanted_um if mpp and wanted_um else 1.0
    if ratio <= 1 + TOLERANCE:
        return region.height, region.width
    return math.ceil(region.height * ratio), math.ceil(region.width * ratio)


def _require_small(height: int, width: int, *, what: str) -> None:
    if height * width > MOST_PX:
        raise TrialTooLarge(height, width, MOST_PX, what=what)
