"""What the service tells of a job, of its models and of its limits: one shape for API and pages.

These models are also the schemas of `/api/openapi.json`. Nothing here knows of HTTP requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from app import objects
from app.job import Job, State
from app.stores.keys import result_link
from app.stores.store import NotStored
from app.tiles import PYRAMIDS
from cyclegan.images import READERS
from cyclegan.models.record import Credit, Scores

if TYPE_CHECKING:
    from app.services import Services
    from app.settings import ServeSettings
    from cyclegan.models.catalogue import ModelCard


def instant(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and a Z; a moment without a zone is taken for UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[datetime, PlainSerializer(instant, when_used="json")]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
"""JSON has one kind of number: 2.0 is 2, also where a text is not."""


class Document(BaseModel):
    """A JSON object that the service answers with."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Links(TypedDict):
    """Where to find what; a file is linked once it is there. Paths of this service, or URLs."""

    self: str
    page: str
    batch: NotRequired[str]
    batch_page: NotRequired[str]
    input: NotRequired[str]
    result: NotRequired[str]
    png: NotRequired[str]
    provenance: NotRequired[str]
    input_preview: NotRequired[str]
    result_preview: NotRequired[str]
    view: NotRequired[str]
    input_tiles: NotRequired[str]
    result_tiles: NotRequired[str]


FILES = {
    "result": objects.RESULT,
    "png": objects.RESULT_PNG,
    "provenance": objects.PROVENANCE,
    "input_preview": objects.INPUT_PREVIEW,
    "result_preview": objects.RESULT_PREVIEW,
}
"""Link to the name of the object in the store."""


class VerdictDocument(Document):
    """Something that a person should know of an image before trusting its translation."""

    code: str = Field(description="A word for programs, such as `already_he`.")
    severity: Literal["warning", "note"]
    sentence: str = Field(description="For people.")


class MapDocument(Document):
    """A map of where an image or its result is not to be trusted."""

    name: str
    title: str
    meaning: str = Field(description="A sentence on what it shows.")
    words: str = Field(description="What the share is a share of, as it follows the number.")
    share: float | None = Field(ge=0, le=1, description="Null when nothing is known.")
    link: str = Field(description="A transparent PNG, to be laid over the input or the result.")
    width: int = Field(description="px of the result that the PNG covers; more than it has.")
    height: int = Field(description="px of the result that the PNG covers; more than it has.")


class Quality(Document):
    """What is worth knowing before the result is trusted; it never keeps a result back."""

    notes: list[str] = Field(description="Sentences about how the image was read.")
    verdicts: list[VerdictDocument] = Field(
        description="From a first look until there is a result, from all of it afterwards."
    )
    maps: list[MapDocument]
    gaps: list[str] = Field(
        description="Sentences on what was looked at in part only, or not at all."
    )
    assessed: bool = Field(
        description="Whether the result was looked at: false until there is one, when that failed, "
        "and for results of earlier versions."
    )


class ResultSize(Document):
    """How large a result is: a model that was made for larger pixels gets, and gives, fewer."""

    width: int = Field(description="px")
    height: int = Field(description="px")
    mpp: float | None = Field(description="µm per pixel; null when unknown.")
    blank_px: int = Field(description="How many pixels were left white, as they hold no tissue.")


class Failure(Document):
    """Why a job failed."""

    code: str
    message: str


class Publication(Document):
    """Why a result that is there is not yet where people find it."""

    tries: int = Field(description="Times that it was tried in vain.")
    next_try: Instant
    code: str
    message: str


class JobDocument(Document):
    """A job as it stands."""

    id: str
    name: str = Field(description="What the sender called the image, made safe to show.")
    sender: str | None = Field(description="Name of the account that sent it; null without one.")
    project: str | None = Field(description="Id of the project whose members see it, if any.")
    state: State
    progress: float = Field(ge=0, le=1, description="The part of the translation that is done.")
    position: int | None = Field(description="Place in the queue; 1 is next. Only while queued.")
    width: int = Field(description="px of the image as it was sent.")
    height: int = Field(description="px of the image as it was sent.")
    mpp: float | None = Field(description="µm per pixel; null when unknown.")
    result: ResultSize | None = Field(description="Null until there is one.")
    model: str
    attempts: int
    created: Instant
    started: Instant | None
    finished: Instant | None
    eta_s: float | None = Field(description="Estimated seconds left; null while unknown.")
    links: Links
    qc: Quality
    error: Failure | None
    publication: Publication | None = Field(
        description="Only while publishing, once that was tried in vain; it goes on by itself."
    )


class AcceptedJob(Document):
    """A job that was just queued."""

    id: str
    state: State
    links: Links
    verdicts: list[VerdictDocument] = Field(
        description="What a first look at the image has told: this job may be cancelled."
    )
    known: JobDocument | None = Field(
        description="An earlier translation of the same bytes by the same model at the same pixel "
        "size, if its result is still there: this job may be cancelled."
    )


class DeletedJob(Document):
    """A job that is gone, of whose files some are not yet."""

    message: str


class KnownTranslation(Document):
    """What there is already of an image that is about to be sent."""

    job: JobDocument | None = Field(
        description="The latest translation of the same bytes by the same model at the same pixel "
        "size, if its result is still there; null otherwise."
    )


class JobList(Document):
    """A stretch of the list of jobs, newest first."""

    jobs: list[JobDocument]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next stretch.")


class TrainingDocument(Document):
    """How a model was trained, and what it is not made for."""

    trained_on: str
    sources: list[Credit] = Field(description="Where the images come from.")
    limits: str
    scores: Scores | None = Field(description="How good it is on images that it has not seen.")
    code: str = Field(description="The version of the program that trained it.")


class ModelDocument(Document):
    """A model that can be chosen."""

    name: str
    title: str
    description: str
    engine: str
    sha256: str | None = Field(description="Of the weights; null when nothing was learned.")
    spacing_um: float | None = Field(description="µm per pixel that it was made for.")
    input: str = Field(description="What it sees of an image.")
    reach_px: int | None = Field(description="How far a pixel of the result can see, if known.")
    has_statistics: bool = Field(description="Whether it brings those of its norm layers.")
    training: TrainingDocument | None = Field(description="Null when nothing is known of it.")
    is_default: bool


class ModelList(Document):
    """The models that can be chosen."""

    models: list[ModelDocument]


class FormatDocument(Document):
    """A kind of image that is read."""

    name: str
    suffixes: list[str]
    media_type: str


class LimitsDocument(Document):
    """What may be sent."""

    formats: list[FormatDocument]
    max_bytes: int = Field(description="Largest file.")
    max_pixels: int = Field(description="Largest image, height times width.")
    max_region_pixels: int = Field(description="The same for tiled TIFF and whole slides.")
    png_max_pixels: int = Field(description="Results up to here are also given as PNG.")
    max_queued: int = Field(description="Jobs that may wait in all.")
    max_queued_per_user: int = Field(description="Jobs of one sender that may wait.")
    max_user_bytes: int | None = Field(
        description="Bytes that images and unfinished uploads of one sender may take, if limited."
    )
    user_bytes: int = Field(description="Bytes that those of the asker take.")
    uploads_per_minute: int | None = Field(
        description="Uploads begun and images handed in by one sender in a minute, if limited."
    )
    upload_days: int = Field(description="Days for which an unfinished upload is kept.")


class Health(Document):
    """The service is alive."""

    status: Literal["ok"] = "ok"


class Readiness(Document):
    """Which parts of the service answer; `ok`, or what is wrong."""

    status: Literal["ok", "not ready"]
    database: str
    store: str
    worker: str


class Problem(Document):
    """What went wrong, for programs (`code`) and for people (`message`)."""

    code: str
    message: str
    request_id: str


class ErrorDocument(Document):
    """The answer to a request that was not done."""

    error: Problem


def accepted_job(services: Services, job: Job, *, known: Job | None) -> AcceptedJob:
    """What the sender of an image is told at once; `known` is a translation that it repeats."""
    return AcceptedJob(
        id=job.id,
        state=job.state,
        links=links(services, job),
        verdicts=verdicts_on(job),
        known=job_document(services, known) if known else None,
    )


def job_document(services: Services, job: Job) -> JobDocument:
    """The job with its place in the queue and its links; raises JobNotFound if it is gone."""
    (document,) = job_documents(services, [job])
    return document


def job_documents(services: Services, jobs: Sequence[Job]) -> list[JobDocument]:
    """The same of several jobs, whose senders are looked up at once."""
    senders = services.accounts.names_of(job.user for job in jobs)
    return [_job_document(services, job, sender=senders.get(job.user)) for job in jobs]


def _job_document(services: Services, job: Job, *, sender: str | None) -> JobDocument:
    return JobDocument(
        id=job.id,
        name=job.name,
        sender=sender,
        project=job.project,
        state=job.state,
        progress=1.0 if job.state == "done" else job.progress,
        position=services.queue.position(job.id) if job.state == "queued" else None,
        width=job.width,
        height=job.height,
        mpp=job.mpp,
        result=result_size(job),
        model=job.model,
        attempts=job.attempts,
        created=job.created,
        started=job.started,
        finished=job.finished,
        eta_s=job.eta_s,
        links=links(services, job),
        qc=quality(services, job),
        error=failure(job),
        publication=_publication(job),
    )


def links(services: Services, job: Job) -> Links:
    """Where the job, its page and those of its files that are there are found."""
    found = Links(self=f"/api/v1/jobs/{job.id}", page=f"/jobs/{job.id}")
    if job.batch_id:
        found["batch"] = f"/api/v1/batches/{job.batch_id}"
        found["batch_page"] = f"/batches/{job.batch_id}"
    names = {"input": job.input_name, **FILES}
    found.update(
        {  # type: ignore[typeddict-item]
            link: _link(services, job, name)
            for link, name in names.items()
            if is_there(services, job, name)
        }
    )
    for which, name in PYRAMIDS.items():
        if is_there(services, job, name):
            found["view"] = f"/jobs/{job.id}/view"
            found[f"{which}_tiles"] = f"/tiles/{job.id}/{which}.dzi"  # type: ignore[literal-required]
    return found


def is_there(services: Services, job: Job, name: str) -> bool:
    """Whether the job has an object of that name; asks this machine at most, never a bucket."""
    if job.state == "done" or (job.state == "publishing" and job.objects):
        return name in {job.input_name, *job.objects}
    if name not in {job.input_name, objects.INPUT_PREVIEW}:
        return False
    try:
        services.staging.stat(job.key(name))
    except NotStored:
        return False
    return True


def model_document(card: ModelCard, *, default: str) -> ModelDocument:
    """A model's card, without where it lies."""
    return ModelDocument(
        name=card.name,
        title=card.title,
        description=card.description,
        engine=card.engine,
        sha256=card.sha256,
        spacing_um=card.spacing_um,
        input=card.input,
        reach_px=card.reach,
        has_statistics=card.statistics is not None,
        training=_training(card),
        is_default=card.name == default,
    )


def limits_document(settings: ServeSettings, *, user_bytes: int) -> LimitsDocument:
    """What may be sent under these settings by somebody who has so many bytes here."""
    return LimitsDocument(
        formats=[
            FormatDocument(
                name=kind.title, suffixes=list(kind.suffixes), media_type=kind.media_type
            )
            for kind in READERS.values()
            if kind.is_one_file
        ],
        max_bytes=settings.max_bytes,
        max_pixels=settings.max_pixels,
        max_region_pixels=settings.max_region_pixels,
        png_max_pixels=settings.png_max_pixels,
        max_queued=settings.max_queued,
        max_queued_per_user=settings.max_queued_per_user,
        max_user_bytes=settings.max_user_bytes,
        user_bytes=user_bytes,
        uploads_per_minute=settings.uploads_per_minute,
        upload_days=settings.upload_days,
    )


def _training(card: ModelCard) -> TrainingDocument | None:
    if card.training is None:
        return None
    told = card.training
    return TrainingDocument(
        trained_on=told.trained_on,
        sources=list(told.sources),
        limits=told.limits,
        scores=told.scores,
        code=told.code,
    )


def result_size(job: Job) -> ResultSize | None:
    """How large the result is; None until there is one."""
    if job.provenance is None:
        return None
    # Results of earlier versions are as large as their input, and say nothing of it.
    size: Any = {"height": job.height, "width": job.width, "spacing_um": job.mpp}
    size = job.provenance.get("image", size)
    blank: Any = job.provenance.get("blank_px", 0)
    return ResultSize(
        width=size["width"], height=size["height"], mpp=size["spacing_um"], blank_px=blank
    )


def verdicts_on(job: Job) -> list[VerdictDocument]:
    """What is worth knowing of a job's image: by a first look, and later by all of it."""
    return [VerdictDocument(**told) for told in _assessment(job).get("verdicts", job.verdicts)]


def quality(services: Services, job: Job) -> Quality:
    """What is worth knowing before a result is trusted, with the maps that are there."""
    record = _assessment(job)
    return Quality(
        notes=_notes(job),
        verdicts=verdicts_on(job),
        maps=[
            MapDocument(
                **{key: drawn[key] for key in ("name", "title", "meaning", "words", "share")},
                link=_link(services, job, objects.OVERLAYS[drawn["name"]]),
                width=record["extent"]["width"],
                height=record["extent"]["height"],
            )
            for drawn in record.get("maps", [])
            if is_there(services, job, objects.OVERLAYS.get(drawn["name"], ""))
        ],
        gaps=record.get("gaps", []),
        assessed=bool(record),
    )


def _assessment(job: Job) -> dict[str, Any]:
    """What was found in image and result; nothing where earlier versions did not look."""
    record: Any = (job.provenance or {}).get("quality")
    return record or {}


def _notes(job: Job) -> list[str]:
    """What was said when the image was sent, and then when it was translated, each once."""
    later: Any = (job.provenance or {}).get("notes", [])
    return list(dict.fromkeys([*job.notes, *later]))


def failure(job: Job) -> Failure | None:
    """Why a job failed; None unless it did."""
    if job.state != "failed":
        return None
    return Failure(code=job.error_code or "failed", message=job.error_message or "It failed.")


def _publication(job: Job) -> Publication | None:
    if job.state != "publishing" or job.publish_due is None or not job.publish_tries:
        return None
    return Publication(
        tries=job.publish_tries,
        next_try=job.publish_due,
        code=job.publish_code or "failed",
        message=job.publish_message or "It failed.",
    )


def _link(services: Services, job: Job, name: str) -> str:
    # Pages show previews, and the content policy lets them show nothing from elsewhere.
    if job.state != "done" or name in objects.PREVIEWS:
        return result_link(job.key(name))
    return services.store.link(job.key(name))
