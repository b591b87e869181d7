"""Verdicts on results: a log to which is only added; the latest of a job counts.

What somebody says follows on what they had read: whoever was faster wins, and the other is told.
All methods are safe across threads and processes, and besides what they name raise
`OSError` (ENOSPC) on a full disk and `app.database.DatabaseUnavailable`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import sqlalchemy as sa

from app.database import now, reading, writing
from app.job import Job
from app.records import job_of, row_by
from app.refusals import BadCursor
from app.review import Opinion, Review, Verdict
from app.scope import Scope
from app.tables import jobs, reviews
from cyclegan.errors import ColorMapperError

ReviewState = Literal["unreviewed", "reviewed", "accepted", "rejected", "unsure"]
REVIEW_STATES: tuple[ReviewState, ...] = get_args(ReviewState)
VERDICT_OF: dict[ReviewState, Verdict] = {
    "accepted": "accept",
    "rejected": "reject",
    "unsure": "unsure",
}

latest_verdict: sa.ScalarSelect[Any] = (
    sa.select(reviews.c.verdict)
    .where(reviews.c.job == jobs.c.number)
    .order_by(reviews.c.version.desc())
    .limit(1)
    .scalar_subquery()
)
"""The verdict on a job's result that counts; null before any, and after it was taken back."""
WITH_RESULT = sa.or_(
    jobs.c.state == "done",
    sa.and_(jobs.c.state == "publishing", jobs.c.publish_due.is_not(None)),
)
"""Jobs with something to be looked at."""


class ReviewConflict(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """Somebody else has reviewed the result meanwhile (409)."""


class NothingToReview(ColorMapperError):  # noqa: N818
    """The job has no result, or a region lies beside it (409, 422)."""


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A job with a result, and the review that counts, if there is one."""

    job: Job
    review: Review | None


@dataclass(frozen=True, kw_only=True)
class ReviewPage:
    """A stretch of the results in a state of review, the oldest first."""

    items: tuple[Reviewed, ...]
    total: int
    """How many there are in all, on this page and others."""
    next_cursor: str | None


class ReviewLog:
    """The reviews of one database, as `app.migrations.migrate` left it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, job_id: str, opinion: Opinion, *, after: int, reviewer: str) -> Review:
        """Write down an opinion that was formed on version `after` of a job's reviews; 0: on none.

        Raises JobNotFound, NothingToReview while the job has no result, and ReviewConflict when
        another version is the latest by now.
        """
        with writing(self._engine) as connection:
            row = row_by(connection, jobs.c.id, job_id, locked=True)
            if not _has_result(connection, row.number):
                raise NothingToReview(
                    f"the job is {row.state} and has no result to review; wait until it is done"
                )
            _require_latest(_latest(connection, row.number), after)
            values = {
                **opinion.stored(),
                "job": row.number,
                "version": after + 1,
                "reviewer": reviewer,
                "created": now(connection),
            }
            added = sa.insert(reviews).values(values).returning(reviews)
            return _review_of(connection.execute(added).one(), job_id)

    def history(self, job_id: str) -> list[Review]:
        """All reviews of a job, the latest first; raises JobNotFound."""
        with reading(self._engine) as connection:
            row = row_by(connection, jobs.c.id, job_id)
            query = sa.select(reviews).where(reviews.c.job == row.number)
            rows = connection.execute(query.order_by(reviews.c.version.desc()))
            return [_review_of(row, job_id) for row in rows]

    def page(
        self,
        *,
        whose: Scope,
        state: ReviewState,
        limit: int,
        cursor: str | None,
    ) -> ReviewPage:
        """Up to `limit` results of a scope in a state of review, the oldest first.

        Those that change their state between two pages make no other appear twice or be left out.
        Raises BadCursor.
        """
        query = sa.select(jobs).where(WITH_RESULT, _is_in(state), whose.within(jobs))
        with reading(self._engine) as connection:
            total = connection.execute(sa.select(sa.func.count()).select_from(query.subquery()))
            if cursor is not None:
                query = query.where(jobs.c.number > _number_of(cursor))
            rows = connection.execute(query.order_by(jobs.c.number).limit(limit + 1)).all()
            shown = rows[:limit]
            found = _latest_of(connection, {row.number: row.id for row in shown})
            return ReviewPage(
                items=tuple(
                    Reviewed(job=job_of(row), review=found.get(row.number)) for row in shown
                ),
                total=total.scalar_one(),
                next_cursor=str(shown[-1].number) if len(rows) > limit else None,
            )

    def all(self, *, whose: Scope, state: ReviewState) -> Iterator[Reviewed]:
        """All results of a scope in a state of review, the oldest first."""
        cursor: str | None = None
        while True:
            page = self.page(whose=whose, state=state, limit=200, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return


def _is_in(state: ReviewState) -> sa.ColumnElement[bool]:
    if state == "unreviewed":
        return latest_verdict.is_(None)
    if state == "reviewed":
        return latest_verdict.is_not(None)
    return latest_verdict == VERDICT_OF[state]


def _has_result(connection: sa.Connection, number: int) -> bool:
    query = sa.select(jobs.c.number).where(jobs.c.number == number, WITH_RESULT)
    return connection.execute(query).one_or_none() is not None


def _latest(connection: sa.Connection, number: int) -> sa.Row[Any] | None:
    query = sa.select(reviews).where(reviews.c.job == number)
    return connection.execute(query.order_by(reviews.c.version.desc()).limit(1)).one_or_none()


def _latest_of(connection: sa.Connection, ids: dict[int, str]) -> dict[int, Review]:
    """The reviews that count, by the number of their job; `ids` has the ids of these jobs."""
    newest = _newest(ids)
    query = sa.select(reviews).join(
        newest, sa.and_(reviews.c.job == newest.c.job, reviews.c.version == newest.c.version)
    )
    return {row.job: _review_of(row, ids[row.job]) for row in connection.execute(query)}


def _newest(numbers: Collection[int]) -> sa.Subquery:
    query = sa.select(reviews.c.job, sa.func.max(reviews.c.version).label("version"))
    return query.where(reviews.c.job.in_(numbers)).group_by(reviews.c.job).subquery()


def _require_latest(latest: sa.Row[Any] | None, after: int) -> None:
    version = latest.version if latest else 0
    if version == after:
        return
    if latest is None:
        raise ReviewConflict(
            f"the review follows on version {after}, and there is none yet; send it with version 0"
        )
    said = f"{latest.verdict!r}" if latest.verdict else "that it is not reviewed"
    raise ReviewConflict(
        f"the review follows on version {after}, and version {version} says {said} by now; "
        f"look at it, and send yours with version {version} if it is still right"
    )


def _review_of(row: sa.Row[Any], job_id: str) -> Review:
    values = {name: row._mapping[name] for name in Review.model_fields if name != "job"}
    return Review.model_validate({**values, "job": job_id})


def _number_of(cursor: str) -> int:
    # Eighteen digits fit into the column.
    if not re.fullmatch("[0-9]{1,18}", cursor):
        raise BadCursor("the cursor is not one that a page gave; leave it out for the first page")
    return int(cursor)
