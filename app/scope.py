"""Whose jobs are meant: a value that web layer and queue both understand."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.job import Job


@dataclass(frozen=True)
class Scope:
    """The jobs of one user, or everybody's (None)."""

    user: str | None

    def within(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The condition that a row of a table with a `user` is meant."""
        return sa.true() if self.user is None else table.c.user == self.user

    def holds(self, job: Job) -> bool:
        """Whether a job is meant."""
        return self.user is None or job.user == self.user


EVERYBODYS = Scope(None)
