"""Who is in which project, and who may put images into it; used inside a caller's transaction."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.account import account_number
from app.project import ProjectArchived, ProjectNotFound, ProjectUnusable
from app.records import MADE_HERE
from app.tables import accounts, members, projects


def ids_of(connection: sa.Connection, account: int) -> frozenset[str]:
    """The ids of the projects that an account is in."""
    query = sa.select(members.c.project).where(members.c.account == account)
    return frozenset(connection.scalars(query))


def project_row(
    connection: sa.Connection,
    project_id: str,
    *,
    locked: bool = False,
) -> sa.Row[Any]:
    """The row of a project, locked until the end if wanted; raises ProjectNotFound."""
    query = sa.select(projects).where(projects.c.id == project_id)
    if MADE_HERE.fullmatch(project_id):
        row = connection.execute(query.with_for_update() if locked else query).one_or_none()
        if row is not None:
            return row
    raise ProjectNotFound


def require_taking(
    connection: sa.Connection,
    project_id: str,
    *,
    user: str,
    locked: bool = True,
) -> None:
    """Raise ProjectUnusable unless a user may put images into a project, and ProjectArchived.

    Its members may, and administrators. The row is locked, so that the project is still there when
    what is put into it is written.
    """
    try:
        row = project_row(connection, project_id, locked=locked)
    except ProjectNotFound as error:
        raise ProjectUnusable from error
    account = account_number(user)
    if account is None or not _lets_in(connection, project_id, account):
        raise ProjectUnusable
    if row.is_archived:
        raise ProjectArchived(row.name)


def _lets_in(connection: sa.Connection, project_id: str, account: int) -> bool:
    is_member = sa.exists().where(
        members.c.project == project_id, members.c.account == accounts.c.id
    )
    may = sa.or_(is_member, accounts.c.role == "admin")
    query = sa.select(accounts.c.id).where(accounts.c.id == account, accounts.c.active, may)
    return connection.execute(query).first() is not None
