"""What a trial is: a region of a job's image, translated by one model to see what comes of it.

Frozen values; `app.trials` writes and reads them, and nothing here knows of the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Self

from cyclegan.images.region import Region

TrialState = Literal["queued", "running", "done", "failed"]

MOST_PX = 2048 * 2048
"""Height times width of a region, of the image and of what a model makes of it."""
MOST_MODELS = 4
"""That one region is translated by at once."""
KEPT = timedelta(hours=24)
"""How long a trial and its pictures are there."""
PICTURE, INPUT = "he.png", "input.jpg"
"""The files of a trial that is done."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of a trial: its place in px of the image as it was sent, and how it was made."""

    y: float
    x: float
    height: float
    width: float
    height_px: int
    """Of the picture: a model may want other pixels than the image has."""
    width_px: int
    seconds: float
    """That it took, once it was its turn."""
    notes: tuple[str, ...] = ()
    """Sentences about how the image was read, and how the whole may differ."""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """What was written as JSON, which knows no tuples."""
        return cls(**{**document, "notes": tuple(document["notes"])})


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial as it stood when it was read."""

    id: str
    """Unguessable."""
    job: str
    """The id of the job whose image it is of."""
    user: str
    """Who asked for it."""
    model: str
    region: Region
    """In px of the image as it was sent."""
    state: TrialState
    created: datetime
    started: datetime | None
    finished: datetime | None
    made: Made | None
    """None until it is done."""
    error_code: str | None
    error_message: str | None
    attempts: int
    """Times that a worker took it and did not hand it back in order."""
    owner: str | None
    """The worker that has it."""


class Order(NamedTuple):
    """What the process that translates regions is told to make."""

    image: str
    """What the image is known by: that of the last order stays open."""
    path: str
    """Its file."""
    scratch: str
    """A folder for what the image is decoded to."""
    mpp: float | None
    """µm per pixel of the file; None: what it says."""
    model: str
    region: Region
    """In px of the image's finest level."""
    folder: str
    """Where the pictures go."""
