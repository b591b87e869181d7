"""What the service tells of a project: one shape for API and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from app.account import Account, Role
from app.documents import Document, Instant
from app.project import Project, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.services import Services


class ProjectLinks(TypedDict):
    """Where to find the project, its page and its images; paths of this service."""

    self: str
    page: str
    jobs: str
    reviews: str


class MemberDocument(Document):
    """Who is in a project. The role of the account says what it may do there."""

    name: str
    role: Role
    is_owner: bool = Field(description="Whether it manages the project.")
    active: bool = Field(description="False while the account is disabled.")


class ProjectSummary(Document):
    """A project, in short."""

    id: str
    name: str
    owner: str = Field(description="Name of the account that manages it.")
    archived: bool = Field(description="Whether it takes no more images.")
    created: Instant
    members: int = Field(description="How many people are in it.")
    images: int = Field(description="How many images are in it.")
    unreviewed: int = Field(description="How many results in it have no verdict.")
    links: ProjectLinks


class ProjectList(Document):
    """Projects, by name."""

    projects: list[ProjectSummary]


class ProjectDocument(ProjectSummary):
    """A project and who is in it."""

    people: list[MemberDocument] = Field(description="By name.")


def project_list(services: Services, projects: list[Project]) -> ProjectList:
    """The projects, each in short."""
    tallies = services.projects.tallies([project.id for project in projects])
    names = {account.id: account.name for account in services.accounts.all()}
    return ProjectList(
        projects=[_summary(project, tallies[project.id], names) for project in projects]
    )


def project_document(services: Services, project: Project) -> ProjectDocument:
    """The project with its members."""
    people = services.projects.members(project.id)
    tally = services.projects.tallies([project.id])[project.id]
    summary = _summary(project, tally, {account.id: account.name for account in people})
    return ProjectDocument(**dict(summary), people=list(_members(project, people)))


def _members(project: Project, people: Iterable[Account]) -> Iterable[MemberDocument]:
    for account in people:
        yield MemberDocument(
            name=account.name,
            role=account.role,
            is_owner=account.id == project.owner,
            active=account.active,
        )


def _summary(project: Project, tally: Tally, names: dict[int, str]) -> ProjectSummary:
    address = f"/api/v1/projects/{project.id}"
    return ProjectSummary(
        id=project.id,
        name=project.name,
        owner=names[project.owner],
        archived=project.is_archived,
        created=project.created,
        members=tally.members,
        images=tally.images,
        unreviewed=tally.unreviewed,
        links=ProjectLinks(
            self=address,
            page=f"/projects/{project.id}",
            jobs=f"/api/v1/jobs?project={project.id}",
            reviews=f"/api/v1/reviews?project={project.id}",
        ),
    )
