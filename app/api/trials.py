"""Trials: a region of an image by several models, before one of them translates all of it."""

from __future__ import annotations

from flask import Blueprint, Response, send_file
from werkzeug.exceptions import Forbidden, UnprocessableEntity

from app import access
from app.api.operation import Operation, body_of, describe, json_answer
from app.asking import ask, drop, picture
from app.auditing import about, audited
from app.current import services
from app.request import keep_calm
from app.rights import needs
from app.trial import INPUT, PICTURE, Trial
from app.trial_documents import NewTrials, TrialDocument, TrialList, trial_document
from cyclegan.images.region import Region

blueprint = Blueprint("api_trials", __name__)

NOT_YOURS = "You may look at this, not remove it: that is for whoever drew the region."


@blueprint.post("/api/v1/jobs/<job_id>/trials")
@needs("uploader")
@audited("try")
@describe(
    Operation(
        "Translate a region of an image by some models, to see what comes of it",
        {202: TrialList},
        errors=(400, 403, 404, 409, 413, 415, 422, 429),
        json=NewTrials,
    )
)
def create(job_id: str) -> Response:
    """A trial for each of the models, which come in the order that was asked for."""
    job = access.job_to_see(job_id)
    sent = body_of(NewTrials)
    if len(set(sent.models)) < len(sent.models):
        raise UnprocessableEntity("The body's 'models' names one more than once; name each once.")
    keep_calm()
    region = Region(**sent.region.model_dump())
    asked = ask(services(), job, region, sent.models, user=access.sender())
    return json_answer(_list(asked), 202)


@blueprint.get("/api/v1/jobs/<job_id>/trials")
@needs("viewer")
@audited("list", only_refused=True)
@describe(Operation("The latest trials of an image", {200: TrialList}, errors=(404,)))
def index(job_id: str) -> Response:
    """Those of the last day, the latest first."""
    job = access.job_to_see(job_id)
    return json_answer(_list(services().trials.of_job(job.id)))


@blueprint.get("/api/v1/trials/<trial_id>")
@needs("viewer")
@audited("list", only_refused=True)
@describe(Operation("A trial as it stands", {200: TrialDocument}, errors=(404,)))
def show(trial_id: str) -> Response:
    """The trial's document."""
    return json_answer(trial_document(_seen(trial_id)))


@blueprint.delete("/api/v1/trials/<trial_id>")
@needs("uploader")
@audited("delete")
@describe(Operation("Stop and remove a trial", {204: None}, errors=(403, 404)))
def delete(trial_id: str) -> Response:
    """Nothing, once nothing is left."""
    trial = _seen(trial_id)
    if trial.user != access.sender() and not access.may_change(services().queue.get(trial.job)):
        raise Forbidden(NOT_YOURS)
    drop(services(), trial)
    return Response(status=204)


@blueprint.get("/api/v1/trials/<trial_id>/he.png")
@needs("viewer")
@audited("view")
@describe(
    Operation("What a model made of a region", {200: ("image/png",), 304: None}, errors=(404,))
)
def made(trial_id: str) -> Response:
    """The picture in all of its pixels."""
    return _file(_seen(trial_id), PICTURE)


@blueprint.get("/api/v1/trials/<trial_id>/input.jpg")
@needs("viewer")
@audited("view")
@describe(Operation("The region as it was sent", {200: ("image/jpeg",), 304: None}, errors=(404,)))
def source(trial_id: str) -> Response:
    """The input in all of its pixels."""
    return _file(_seen(trial_id), INPUT)


def _seen(trial_id: str) -> Trial:
    trial = services().trials.get(trial_id)
    access.job_to_see(trial.job)
    return trial


def _file(trial: Trial, name: str) -> Response:
    about(f"job:{trial.job}/trial:{trial.id}/{name}")
    response = send_file(
        picture(services(), trial, name), conditional=True, etag=f"{trial.id}-{name}"
    )
    response.cache_control.private = True
    response.cache_control.no_cache = True  # asked again: it may be removed
    return response


def _list(trials: list[Trial]) -> TrialList:
    return TrialList(trials=[trial_document(trial) for trial in trials])
