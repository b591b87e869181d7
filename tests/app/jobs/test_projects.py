from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.account import Account
from app.accounts import Accounts
from app.jobs import Job, JobQueue
from app.project import ProjectUnusable, Tally
from app.projects import Projects
from app.review import Opinion
from app.reviews import ReviewLog
from app.scope import EVERYBODYS, Scope
from tests.app.jobs.examples import new_job


@pytest.fixture
def projects(engine: sa.Engine) -> Projects:
    return Projects(engine)


@pytest.fixture
def owner(engine: sa.Engine) -> Account:
    return Accounts(engine).invite("olga", "uploader").account


def seen(queue: JobQueue, whose: Scope) -> set[str]:
    jobs = queue.page(whose=whose, state=None, limit=99, cursor=None).jobs
    assert all(whose.holds(job) for job in jobs)
    return {job.id for job in jobs}


def sent(queue: JobQueue, user: str, project: str | None = None) -> Job:
    return queue.submit(new_job(user=user, project=project))


def test_a_scope_means_the_same_to_the_queue_and_to_those_who_hold_a_job(
    queue: JobQueue, projects: Projects, owner: Account
) -> None:
    kidneys, livers = (projects.make(name, owner=owner).id for name in ("Kidneys", "Livers"))
    shared, other = (sent(queue, owner.user, which) for which in (kidneys, livers))
    own, strange = sent(queue, "me"), sent(queue, "somebody")
    mine = Scope("me", frozenset({kidneys}))
    assert seen(queue, mine) == {shared.id, own.id}
    assert seen(queue, Scope("me", mine.projects, kidneys)) == {shared.id}
    assert seen(queue, Scope("me", mine.projects, livers)) == set()
    assert seen(queue, Scope(None, project=livers)) == {other.id}
    assert seen(queue, EVERYBODYS) == {shared.id, other.id, own.id, strange.id}


def test_nothing_is_queued_into_a_project_that_its_sender_is_not_in_by_then(
    queue: JobQueue, projects: Projects, owner: Account
) -> None:
    project = projects.make("Kidneys", owner=owner).id
    projects.delete(project)
    for user in (owner.user, "account:999", "account:x", "visitor:1"):
        with pytest.raises(ProjectUnusable):
            sent(queue, user, project)
    assert queue.counts()["queued"] == 0


def test_a_deleted_project_leaves_its_images_with_those_who_sent_them(
    queue: JobQueue, projects: Projects, owner: Account
) -> None:
    kept, gone = (projects.make(name, owner=owner) for name in ("Kidneys", "Livers"))
    job, other = sent(queue, owner.user, gone.id), sent(queue, owner.user, kept.id)
    projects.delete(gone.id)
    assert (queue.get(job.id).project, queue.get(other.id).project) == (None, kept.id)
    assert projects.of(owner) == [kept]


def test_a_tally_counts_people_images_and_results_without_a_verdict(
    engine: sa.Engine, queue: JobQueue, projects: Projects, owner: Account
) -> None:
    project, empty = (projects.make(name, owner=owner).id for name in ("Kidneys", "Livers"))
    projects.add(project, Accounts(engine).invite("mia", "viewer").account.name)
    jobs = [sent(queue, owner.user, project) for _ in range(3)]
    for _ in jobs[:2]:
        claim = queue.claim("w")
        assert claim is not None
        queue.publishing(claim, {})
        queue.finish(claim, ("result.tif",))
    ReviewLog(engine).add(jobs[0].id, Opinion(verdict="accept"), after=0, reviewer="mia")
    assert projects.tallies([project, empty]) == {project: Tally(2, 3, 1), empty: Tally(1, 0, 0)}
