"""The home page: what can be sent, the form that sends it without scripts, and the sample."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from app import access, disk, submissions
from app.auditing import about, audited
from app.current import services
from app.documents import job_documents, limits_document
from app.errors import explain
from app.job import Job
from app.labels import safe_label
from app.pages.words import FILTERS, TESTS, kept, privacy
from app.request import keep_pace, path_of
from app.rights import needs
from cyclegan.errors import ColorMapperError

blueprint = Blueprint("home", __name__)

LATEST = 8
"""Earlier images on the home page."""
TOLD = 8
"""Refused files that are named after a redirect: the cookie that carries them is small."""
SAMPLE = Path("sample") / "muse.png"
"""The image that comes with the service, relative to the static folder."""

NOT_CHOSEN = "No file was chosen. Choose an image, then send the form."


@blueprint.record_once
def _teach_templates(state: BlueprintSetupState) -> None:
    state.app.jinja_env.filters.update(FILTERS)
    state.app.jinja_env.tests.update(TESTS)
    settings = state.app.extensions["services"].settings
    state.app.jinja_env.globals.update(privacy=privacy(settings), kept=kept(settings))


@blueprint.get("/")
@audited("list", only_refused=True)
@needs("viewer")
def index() -> Response:
    """What this is, the form, and the latest images."""
    return _page()


@blueprint.post("/jobs")
@audited("upload")
@needs("uploader")
def send() -> ResponseReturnValue:
    """Queue the files of the form; on to the one job or the batch, or back with the reasons."""
    keep_pace()
    batch = secrets.token_urlsafe(8)
    sent: list[Job] = []
    refused: list[str] = []
    status: int = HTTPStatus.BAD_REQUEST
    for file in _chosen_files():
        try:
            sent.append(_submit(file, batch=batch))
            about(f"job:{sent[-1].id}")
        except (ColorMapperError, OSError) as error:
            if isinstance(error, OSError) and not disk.is_full(error):
                raise
            problem = explain(error)
            status = problem.status
            refused.append(f"{safe_label(file.filename)}: {problem.message}")
            about(None, status=problem.status)
    if not sent:
        return _page(refused or [NOT_CHOSEN], status)
    _tell_later(refused)
    is_single = len(sent) + len(refused) == 1
    together = url_for("batches.show", batch_id=sent[0].batch_id)
    return redirect(_address(sent[0]) if is_single else together, 303)


@blueprint.post("/sample")
@audited("upload")
@needs("uploader")
def sample() -> ResponseReturnValue:
    """Queue the image that comes with the service, and go to its job."""
    with (Path(current_app.static_folder or "") / SAMPLE).open("rb") as file:
        job = submissions.submit(
            services(), file=file, filename="muse-sample.png", user=access.sender()
        )
    about(f"job:{job.id}")
    return redirect(_address(job), 303)


def _chosen_files() -> list[FileStorage]:
    # A browser sends a nameless, empty part when no file was chosen.
    return [file for file in request.files.getlist("file") if file.filename]


def _submit(file: FileStorage, *, batch: str) -> Job:
    return submissions.submit(
        services(),
        file=path_of(file),
        filename=file.filename,
        user=access.sender(),
        model=request.form.get("model") or None,
        mpp=request.form.get("mpp", "").strip().replace(",", "."),
        batch=batch,
        project=request.form.get("project") or None,
    )


def _tell_later(refused: Sequence[str]) -> None:
    for reason in refused[:TOLD]:
        flash(reason, "refused")
    if len(refused) > TOLD:
        flash(f"{len(refused) - TOLD} more files were not taken either.", "refused")


def _address(job: Job) -> str:
    return url_for("jobs.show", job_id=job.id)


def _chosen_project() -> str | None:
    """Where images are to go: as the form or the address says, else where the latest one went."""
    sent = request.values.get("project")
    return services().projects.latest_of(access.sender()) if sent is None else sent


def _page(refused: Sequence[str] = (), status: int = HTTPStatus.OK) -> Response:
    settings = services().settings
    user_bytes = services().queue.used_bytes(access.sender())
    limits = limits_document(settings, user_bytes=user_bytes)
    page = services().queue.page(whose=access.listed(), state=None, limit=LATEST, cursor=None)
    accepted = [item for kind in limits.formats for item in (kind.media_type, *kind.suffixes)]
    return make_response(
        render_template(
            "home/index.html",
            refused=refused,
            limits=limits,
            mpp_range=submissions.MPP_RANGE,
            accept=",".join(accepted),
            models=[card for card in services().catalogue.cards() if not card.hidden],
            chosen=request.form.get("model") or services().default_model,
            projects=[project for project in access.projects() if not project.is_archived],
            project=_chosen_project(),
            latest=job_documents(services(), page.jobs),
        ),
        status,
    )
