"""Whose jobs are meant: a value that web layer and queue both understand."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.job import Job


@dataclass(frozen=True)
class Scope:
    """The jobs of one user and those of some projects, or everybody's (user None)."""

    user: str | None
    projects: frozenset[str] = frozenset()
    """Ids of the projects whose jobs are meant beside the user's own, whoever sent them."""
    project: str | None = None
    """Of all these jobs only those of this project; None: all of them."""

    def within(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The condition that a row of a table with a `user` is meant.

        What is in no project (a table without `project`: uploads, removals) is its user's alone.
        """
        meant = sa.true() if self.user is None else table.c.user == self.user
        if self.user is not None and self.projects and "project" in table.c:
            meant = sa.or_(meant, table.c.project.in_(sorted(self.projects)))
        return meant if self.project is None else sa.and_(meant, table.c.project == self.project)

    def holds(self, job: Job) -> bool:
        """Whether a job is meant."""
        is_meant = self.user is None or job.user == self.user or job.project in self.projects
        return is_meant and self.project in {None, job.project}


EVERYBODYS = Scope(None)
