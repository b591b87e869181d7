"""Projects: make one, and say who is in it and so sees its images."""

from __future__ import annotations

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from app import access
from app.account import Account, AccountNotFound, kept_name
from app.api.operation import Operation, body_of, describe, json_answer
from app.auditing import about, audited
from app.current import services
from app.guard import require_accounts
from app.project import NAME_LENGTH, Project
from app.project_documents import (
    ProjectDocument,
    ProjectList,
    project_document,
    project_list,
)
from app.rights import needs

blueprint = Blueprint("api_projects", __name__)
blueprint.before_request(require_accounts)


class Sent(BaseModel):
    """What is sent as JSON."""

    model_config = ConfigDict(extra="forbid")


class NewProject(Sent):
    """A project to be made."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH)


class ProjectChange(Sent):
    """What is to be different; what is left out stays."""

    name: str | None = Field(None, min_length=1, max_length=NAME_LENGTH)
    owner: str | None = Field(None, description="Name of the member who manages it from now on.")
    archived: bool | None = Field(None, description="Whether it takes no more images.")


@blueprint.get("/api/v1/projects")
@needs("viewer")
@audited("list", only_refused=True)
@describe(Operation("Projects that the asker is in", {200: ProjectList}, errors=(404,)))
def index() -> Response:
    """The projects of the asker, by name; for an administrator all."""
    return json_answer(project_list(services(), access.projects()))


@blueprint.post("/api/v1/projects")
@needs("uploader")
@audited("project")
@describe(
    Operation(
        "Make a project, of which the sender is owner and first member",
        {201: ProjectDocument},
        errors=(400, 403, 404, 413, 415, 422),
        json=NewProject,
    )
)
def create() -> Response:
    """The new project."""
    project = make(body_of(NewProject).name)
    response = json_answer(project_document(services(), project), 201)
    response.headers["Location"] = f"/api/v1/projects/{project.id}"
    return response


@blueprint.get("/api/v1/projects/<project_id>")
@needs("viewer")
@audited("list", only_refused=True)
@describe(Operation("A project and who is in it", {200: ProjectDocument}, errors=(404,)))
def show(project_id: str) -> Response:
    """The project, for those who are in it."""
    return json_answer(project_document(services(), access.project_to_see(project_id)))


@blueprint.patch("/api/v1/projects/<project_id>")
@needs("uploader")
@audited("project")
@describe(
    Operation(
        "Rename a project, archive it or hand it over",
        {200: ProjectDocument},
        errors=(400, 403, 404, 409, 413, 415, 422),
        json=ProjectChange,
    )
)
def update(project_id: str) -> Response:
    """The project as it is now."""
    access.project_to_manage(project_id)
    sent = body_of(ProjectChange)
    project = change(project_id, name=sent.name, owner=sent.owner, is_archived=sent.archived)
    return json_answer(project_document(services(), project))


@blueprint.delete("/api/v1/projects/<project_id>")
@needs("uploader")
@audited("delete")
@describe(
    Operation(
        "Delete a project; its images stay with those who sent them",
        {204: None},
        errors=(403, 404),
    )
)
def delete(project_id: str) -> Response:
    """Nothing; the images are seen by their senders and administrators only."""
    services().projects.delete(access.project_to_manage(project_id).id)
    return Response(status=204)


@blueprint.put("/api/v1/projects/<project_id>/members/<path:name>")
@needs("uploader")
@audited("join")
@describe(
    Operation(
        "Let the account of that name into a project",
        {200: ProjectDocument},
        errors=(403, 404),
    )
)
def add(project_id: str, name: str) -> Response:
    """The project with its members."""
    project = access.project_to_manage(project_id)
    let_in(project, name)
    return json_answer(project_document(services(), project))


@blueprint.delete("/api/v1/projects/<project_id>/members/<path:name>")
@needs("viewer")
@audited("leave")
@describe(
    Operation(
        "Take the account of that name out of a project, or leave it oneself",
        {204: None},
        errors=(403, 404, 409),
    )
)
def remove(project_id: str, name: str) -> Response:
    """Nothing; the account does not see the project's images any more, but for its own."""
    project = access.project_to_see(project_id)
    people = services().projects.members(project.id)
    found = next((one for one in people if one.name == kept_name(name)), None)
    if found is None:
        access.project_to_manage(project_id)
        raise AccountNotFound("nobody of that name is in this project")
    take_out(project, found)
    return Response(status=204)


def make(name: str) -> Project:
    """A new project of whoever sent this request; raises BadProjectName."""
    project = services().projects.make(name, owner=access.account())
    about(f"project:{project.id}")
    return project


def change(
    project_id: str,
    *,
    name: str | None = None,
    owner: str | None = None,
    is_archived: bool | None = None,
) -> Project:
    """Change a project, for this request; raises what `Projects.change` does."""
    for part, value in (("name", name), ("owner", owner), ("archived", is_archived)):
        if value is not None:
            about(f"project:{project_id}/{part}")
    return services().projects.change(project_id, name=name, owner=owner, is_archived=is_archived)


def let_in(project: Project, name: str) -> Account:
    """Add the account of a name to a project, for this request; raises AccountNotFound."""
    account = services().projects.add(project.id, name)
    about(f"project:{project.id}/account:{account.id}")
    return account


def take_out(project: Project, account: Account) -> None:
    """Take an account out of a project, for this request; raises Forbidden, ProjectRefused."""
    about(f"project:{project.id}/account:{account.id}")
    if account.id != access.account().id:
        access.project_to_manage(project.id)
    services().projects.remove(project.id, account.id)
