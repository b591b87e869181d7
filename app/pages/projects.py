"""The pages of projects, and the forms that put images into one; changes are those of the API."""

from __future__ import annotations

from dataclasses import dataclass

from flask import (
    Blueprint,
    flash,
    get_flashed_messages,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app import access
from app.account import AccountNotFound
from app.api.places import put_batch, put_job
from app.api.projects import change, let_in, make, take_out
from app.auditing import audited
from app.current import services
from app.documents import job_documents
from app.errors import explain
from app.guard import require_accounts
from app.job import Batch, Job, Page
from app.project import NAME_LENGTH, BadProjectName, Project, ProjectRefused
from app.project_documents import project_document, project_list
from app.rights import needs
from app.scope import Scope

blueprint = Blueprint("projects", __name__)
blueprint.before_request(require_accounts)

LATEST = 8
"""Images on the page of a project."""
MINE = "mine"
"""Stands in place of a project's id for the images that somebody has sent, wherever they are."""


@dataclass(frozen=True)
class Place:
    """In which project something is, and where it may be put by whoever looks at it."""

    project: Project | None
    """None: in none, or in one that whoever looks is not in."""
    is_elsewhere: bool
    """Whether it is in one that whoever looks is not in."""
    choices: list[Project]
    may_move: bool


@blueprint.get("/projects")
@needs("viewer")
@audited("list", only_refused=True)
def index() -> ResponseReturnValue:
    """The projects that one is in, and the form to make another."""
    return _index()


@blueprint.post("/projects")
@needs("uploader")
@audited("project")
def create() -> ResponseReturnValue:
    """Make a project, and go to its page."""
    try:
        project = make(request.form.get("name", ""))
    except BadProjectName as error:
        problem = explain(error)
        return _index(problem.message), problem.status
    return redirect(url_for("projects.show", project_id=project.id), 303)


@blueprint.get("/projects/<project_id>")
@needs("viewer")
@audited("list", only_refused=True)
def show(project_id: str) -> ResponseReturnValue:
    """A project: its latest images, who is in it, and what its owner can do."""
    return _page(access.project_to_see(project_id))


@blueprint.post("/projects/<project_id>")
@needs("uploader")
@audited("project")
def update(project_id: str) -> ResponseReturnValue:
    """Rename a project, hand it over, archive it or open it again."""
    project = access.project_to_manage(project_id)
    sent = request.form
    archived = sent.get("archived")
    try:
        change(
            project_id,
            name=sent.get("name"),
            owner=sent.get("owner"),
            is_archived=None if archived is None else archived == "yes",
        )
    except (BadProjectName, ProjectRefused, AccountNotFound) as error:
        return _refused(project, error)
    return _done(project_id, "The project was changed.")


@blueprint.post("/projects/<project_id>/members")
@needs("uploader")
@audited("join")
def add(project_id: str) -> ResponseReturnValue:
    """Let somebody in."""
    project = access.project_to_manage(project_id)
    try:
        account = let_in(project, request.form.get("name", ""))
    except AccountNotFound as error:
        return _refused(project, error)
    return _done(project_id, f"{account.name} is in this project now.")


@blueprint.post("/projects/<project_id>/members/<int:account>/remove")
@needs("viewer")
@audited("leave")
def remove(project_id: str, account: int) -> ResponseReturnValue:
    """Take somebody out, or leave."""
    project = access.project_to_see(project_id)
    who = services().accounts.get(account)
    try:
        take_out(project, who)
    except ProjectRefused as error:
        return _refused(project, error)
    if who.id == access.account().id and not who.may("admin"):
        flash(f"You have left {project.name}.", "news")
        return redirect(url_for("projects.index"), 303)
    return _done(project_id, f"{who.name} is not in this project any more.")


@blueprint.get("/projects/<project_id>/delete")
@needs("uploader")
@audited("view", only_refused=True)
def confirm(project_id: str) -> ResponseReturnValue:
    """Ask whether a project is really to go."""
    project = project_document(services(), access.project_to_manage(project_id))
    return render_template("projects/delete.html", project=project)


@blueprint.post("/projects/<project_id>/delete")
@needs("uploader")
@audited("delete")
def delete(project_id: str) -> ResponseReturnValue:
    """Delete a project, and go to the list."""
    project = access.project_to_manage(project_id)
    services().projects.delete(project.id)
    flash(f"{project.name} was deleted; its images are with those who sent them.", "news")
    return redirect(url_for("projects.index"), 303)


@blueprint.post("/jobs/<job_id>/project")
@needs("uploader")
@audited("move")
def place_job(job_id: str) -> ResponseReturnValue:
    """Put an image into a project, or out of any, and go back to its page."""
    put_job(access.job_to_change(job_id).id, request.form.get("project") or None)
    return redirect(url_for("jobs.show", job_id=job_id, _anchor="place"), 303)


@blueprint.post("/batches/<batch_id>/project")
@needs("uploader")
@audited("move")
def place_batch(batch_id: str) -> ResponseReturnValue:
    """Put all images of a batch into a project, or out of any, and go back to its page."""
    put_batch(access.batch_to_change(batch_id).id, request.form.get("project") or None)
    return redirect(url_for("batches.show", batch_id=batch_id, _anchor="place"), 303)


def whose(place: str) -> Scope:
    """The jobs that a list shows: all, those of a project, or (MINE) one's own.

    Raises ProjectNotFound.
    """
    return access.listed(mine=True) if place == MINE else access.listed(project=place or None)


def place_of(job: Job) -> Place | None:
    """Where a job is; None where nobody logs in."""
    return _place({job.project}, may_move=access.may_change(job))


def place_of_batch(batch: Batch, page: Page) -> Place | None:
    """Where the images of a batch are, as far as a page of it shows."""
    return _place({job.project for job in page.jobs}, may_move=access.may_change(batch))


def _place(ids: set[str | None], *, may_move: bool) -> Place | None:
    if services().settings.mode == "local":
        return None
    seen = {project.id: project for project in access.projects()}
    (at,) = ids if len(ids) == 1 else (None,)
    project = seen.get(at) if at else None
    return Place(
        project=project,
        is_elsewhere=at is not None and project is None,
        choices=[one for one in seen.values() if not one.is_archived or one == project],
        may_move=may_move,
    )


def _refused(project: Project, error: Exception) -> ResponseReturnValue:
    problem = explain(error)
    return _page(project, problem.message), problem.status


def _done(project_id: str, news: str) -> ResponseReturnValue:
    flash(news, "news")
    return redirect(url_for("projects.show", project_id=project_id), 303)


def _index(problem: str = "") -> str:
    return render_template(
        "projects/index.html",
        projects=project_list(services(), access.projects()).projects,
        name_length=NAME_LENGTH,
        problem=problem,
        news=get_flashed_messages(category_filter=["news"]),
    )


def _page(project: Project, problem: str = "") -> str:
    latest = services().queue.page(
        whose=access.listed(project=project.id), state=None, limit=LATEST, cursor=None
    )
    people = services().projects.members(project.id)
    return render_template(
        "projects/show.html",
        project=project_document(services(), project),
        people=people,
        heirs=[one for one in people if one.may("uploader") and one.id != project.owner],
        owner=project.owner,
        me=access.account(),
        manages=access.may_manage(project),
        jobs=job_documents(services(), latest.jobs),
        name_length=NAME_LENGTH,
        problem=problem,
        news=get_flashed_messages(category_filter=["news"]),
    )
