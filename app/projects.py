"""Projects: who is in them, what is in them, and what becomes of both.

An image belongs to who sent it, always; a project only lets others see it. All methods are safe
across threads and processes; besides what they name they raise what `app.jobs` does of disk and
database.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from app.account import Account, AccountNotFound, kept_name
from app.accounts import account_of
from app.database import now, reading, writing
from app.membership import ids_of, project_row, require_taking
from app.project import Project, ProjectRefused, Tally, checked_project_name
from app.records import row_by
from app.reviews import WITH_RESULT, latest_verdict
from app.tables import accounts, jobs, members, projects

ID_BYTES = 16
OWNED = "the owner of a project cannot leave it; hand it over to another member, or delete it"


class Projects:
    """The projects of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def make(self, name: str, *, owner: Account) -> Project:
        """A new project with one member, its owner; raises BadProjectName."""
        values = {
            "id": secrets.token_urlsafe(ID_BYTES),
            "name": checked_project_name(name),
            "owner": owner.id,
            "is_archived": False,
        }
        with writing(self._engine) as connection:
            insert = sa.insert(projects).values(**values, created=now(connection))
            row = connection.execute(insert.returning(projects)).one()
            _add(connection, row.id, owner.id)
            return _project_of(row)

    def get(self, project_id: str) -> Project:
        """The project of an id; raises ProjectNotFound."""
        with reading(self._engine) as connection:
            return _project_of(project_row(connection, project_id))

    def all(self) -> list[Project]:
        """Every project, by name."""
        return self._list(sa.true())

    def of(self, account: Account) -> list[Project]:
        """The projects that an account is in, by name."""
        mine = sa.select(members.c.project).where(members.c.account == account.id)
        return self._list(projects.c.id.in_(mine))

    def ids_of(self, account: Account) -> frozenset[str]:
        """The ids of the projects that an account is in."""
        with reading(self._engine) as connection:
            return ids_of(connection, account.id)

    def latest_of(self, user: str) -> str | None:
        """The id of the project that a user's latest image is in; None for none."""
        query = sa.select(jobs.c.project).where(jobs.c.user == user)
        with reading(self._engine) as connection:
            return connection.scalar(query.order_by(jobs.c.number.desc()).limit(1))

    def members(self, project_id: str) -> list[Account]:
        """Who is in a project, by name; accounts that are disabled stay in it."""
        query = sa.select(accounts).join(members, members.c.account == accounts.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.where(members.c.project == project_id).order_by("name"))
            return [account_of(row) for row in rows]

    def tallies(self, ids: Collection[str]) -> dict[str, Tally]:
        """How much there is of each of these projects."""
        with reading(self._engine) as connection:
            people = _counted(connection, members.c.project, ids)
            images = _counted(connection, jobs.c.project, ids)
            waiting = sa.and_(WITH_RESULT, latest_verdict.is_(None))
            unreviewed = _counted(connection, jobs.c.project, ids, waiting)
        return {
            one: Tally(people.get(one, 0), images.get(one, 0), unreviewed.get(one, 0))
            for one in ids
        }

    def change(
        self,
        project_id: str,
        *,
        name: str | None = None,
        owner: str | None = None,
        is_archived: bool | None = None,
    ) -> Project:
        """Rename a project, hand it over to a member of that name, have it (not) take images.

        All of it or nothing. Raises ProjectNotFound, BadProjectName, AccountNotFound, and
        ProjectRefused where that member may not manage projects.
        """
        values: dict[str, object] = {}
        if name is not None:
            values["name"] = checked_project_name(name)
        if is_archived is not None:
            values["is_archived"] = is_archived
        with writing(self._engine) as connection:
            row = project_row(connection, project_id, locked=True)
            if owner is not None:
                values["owner"] = _next_owner(connection, row, owner)
            if values:
                this = sa.update(projects).where(projects.c.id == project_id)
                row = connection.execute(this.values(values).returning(projects)).one()
            return _project_of(row)

    def add(self, project_id: str, name: str) -> Account:
        """Let the account of a name into a project; who is in it stays so.

        Raises ProjectNotFound, AccountNotFound.
        """
        with writing(self._engine) as connection:
            project_row(connection, project_id, locked=True)
            account = _account(connection, name)
            if not _is_member(connection, project_id, account.id):
                _add(connection, project_id, account.id)
            return account

    def remove(self, project_id: str, account: int) -> None:
        """Take an account out of a project at once; its images stay, who is not in it stays so.

        Raises ProjectNotFound, and ProjectRefused for the owner.
        """
        with writing(self._engine) as connection:
            if project_row(connection, project_id, locked=True).owner == account:
                raise ProjectRefused(OWNED)
            this = sa.and_(members.c.project == project_id, members.c.account == account)
            connection.execute(sa.delete(members).where(this))

    def delete(self, project_id: str) -> None:
        """Delete a project; its images stay with those who sent them. Raises ProjectNotFound."""
        with writing(self._engine) as connection:
            project_row(connection, project_id, locked=True)
            _put(connection, jobs.c.project == project_id, None)
            connection.execute(sa.delete(members).where(members.c.project == project_id))
            connection.execute(sa.delete(projects).where(projects.c.id == project_id))

    def require_taking(self, project_id: str, *, user: str) -> None:
        """Raise ProjectUnusable unless a user may put images into a project, and ProjectArchived.

        As putting them there would now, so that nobody sends an image in vain.
        """
        with reading(self._engine) as connection:
            require_taking(connection, project_id, user=user, locked=False)

    def put_job(self, job_id: str, project: str | None, *, by: str) -> None:
        """Put a job into the project of an id, or (None) out of any, for a user.

        Raises JobNotFound, ProjectUnusable, ProjectArchived.
        """
        with writing(self._engine) as connection:
            if project is not None:
                require_taking(connection, project, user=by)
            number = row_by(connection, jobs.c.id, job_id, locked=True).number
            _put(connection, jobs.c.number == number, project)

    def put_batch(self, batch_id: str, project: str | None, *, by: str) -> int:
        """The same with all jobs of a batch, which are of one sender; returns how many."""
        with writing(self._engine) as connection:
            if project is not None:
                require_taking(connection, project, user=by)
            return _put(connection, jobs.c.batch_id == batch_id, project)

    def _list(self, which: sa.ColumnElement[bool]) -> list[Project]:
        query = sa.select(projects).where(which).order_by(projects.c.name, projects.c.created)
        with reading(self._engine) as connection:
            return [_project_of(row) for row in connection.execute(query)]


def _project_of(row: sa.Row[Any]) -> Project:
    return Project(row.id, row.name, row.owner, row.is_archived, row.created)


def _next_owner(connection: sa.Connection, project: sa.Row[Any], name: str) -> int:
    account = _account(connection, name)
    if not _is_member(connection, project.id, account.id) or not account.may("uploader"):
        raise ProjectRefused(
            f"{account.name} cannot own this project; choose a member whose account is at least "
            "uploader"
        )
    return account.id


def _account(connection: sa.Connection, name: str) -> Account:
    this = sa.and_(accounts.c.name == kept_name(name), accounts.c.active)
    row = connection.execute(sa.select(accounts).where(this)).one_or_none()
    if row is None:
        raise AccountNotFound(
            f"there is no account {name[:64]!r} that may log in; an administrator invites people"
        )
    return account_of(row)


def _is_member(connection: sa.Connection, project: str, account: int) -> bool:
    this = sa.and_(members.c.project == project, members.c.account == account)
    return connection.execute(sa.select(members).where(this)).first() is not None


def _add(connection: sa.Connection, project: str, account: int) -> None:
    values = {"project": project, "account": account, "since": now(connection)}
    connection.execute(sa.insert(members).values(values))


def _put(connection: sa.Connection, which: sa.ColumnElement[bool], project: str | None) -> int:
    return connection.execute(sa.update(jobs).where(which).values(project=project)).rowcount


def _counted(
    connection: sa.Connection,
    column: sa.Column[Any],
    ids: Collection[str],
    *which: sa.ColumnElement[bool],
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).where(column.in_(ids), *which).group_by(column)
    return {row[0]: row[1] for row in connection.execute(query)}
