"""What the service tells of trials: one shape for API and page."""

from __future__ import annotations

from typing import NotRequired

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from app.documents import Document, Failure, Instant, Whole
from app.sentences import sentence
from app.trial import KEPT, MOST_MODELS, MOST_PX, Made, Trial, TrialState


class RegionDocument(BaseModel):
    """A rectangle in px of the image as it was sent, its top-left corner inclusive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    y: Whole = Field(ge=0, lt=2**31)
    x: Whole = Field(ge=0, lt=2**31)
    height: Whole = Field(ge=1, lt=2**31)
    width: Whole = Field(ge=1, lt=2**31)


class NewTrials(BaseModel):
    """Which region is to be translated, by which models."""

    model_config = ConfigDict(extra="forbid")

    region: RegionDocument = Field(description=f"At most {MOST_PX:,} px, height times width.")
    models: list[str] = Field(min_length=1, max_length=MOST_MODELS)


class TrialLinks(TypedDict):
    """Where to find what; pictures once the trial is done."""

    self: str
    picture: NotRequired[str]
    input: NotRequired[str]


class MadeDocument(Document):
    """What came of a trial."""

    y: float = Field(description="px of the image as it was sent, of the picture's top edge.")
    x: float = Field(description="px of the image as it was sent, of the picture's left edge.")
    height: float = Field(description="px of the image as it was sent, that it covers.")
    width: float = Field(description="px of the image as it was sent, that it covers.")
    height_px: int = Field(description="Of the picture, which may have larger or smaller pixels.")
    width_px: int
    seconds: float = Field(description="That it took, once it was its turn.")
    notes: list[str] = Field(description="How the image was read, and how the whole may differ.")


class TrialDocument(Document):
    """A region of an image, translated by one model."""

    id: str
    job: str
    model: str
    region: RegionDocument
    state: TrialState
    created: Instant
    expires: Instant = Field(description="When it is removed with its pictures.")
    made: MadeDocument | None = Field(description="Null until it is done.")
    error: Failure | None
    links: TrialLinks


class TrialList(Document):
    """The latest trials of an image, those first."""

    trials: list[TrialDocument]


def trial_document(trial: Trial) -> TrialDocument:
    """The trial with its links."""
    address = f"/api/v1/trials/{trial.id}"
    links = TrialLinks(self=address)
    if trial.state == "done":
        links["picture"], links["input"] = f"{address}/he.png", f"{address}/input.jpg"
    return TrialDocument(
        id=trial.id,
        job=trial.job,
        model=trial.model,
        region=RegionDocument(**trial.region._asdict()),
        state=trial.state,
        created=trial.created,
        expires=trial.created + KEPT,
        made=_made(trial.made) if trial.made else None,
        error=_failure(trial),
        links=links,
    )


def _made(made: Made) -> MadeDocument:
    fields = MadeDocument.model_fields.keys() - {"notes"}
    known = {name: getattr(made, name) for name in fields}
    return MadeDocument(**known, notes=list(made.notes))


def _failure(trial: Trial) -> Failure | None:
    if trial.state != "failed":
        return None
    message = sentence(trial.error_message or "it failed")
    return Failure(code=trial.error_code or "failed", message=message)
