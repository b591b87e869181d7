"""The line of trials, on both databases: whose turn it is, who holds what, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.database import writing
from app.jobs import JobQueue
from app.refusals import JobNotFound, LeaseLost, TrialNotFound, TrialsWaiting
from app.tables import trials as table
from app.trial import KEPT, Made, Trial
from app.trials import WAITING_IN_ALL, WAITING_PER_USER, Trials
from cyclegan.images.region import Region
from tests.app.jobs.examples import new_job

REGION = Region(3, 5, 40, 50)
MADE = Made(
    y=3.5, x=5, height=40, width=50, height_px=20, width_px=25, seconds=1.25, notes=("Scaled.",)
)


@pytest.fixture
def trials(engine: sa.Engine) -> Trials:
    return Trials(engine, lease_s=60)


@pytest.fixture
def job_id(queue: JobQueue) -> str:
    return queue.submit(new_job()).id


def claimed(trials: Trials, owner: str = "a worker") -> Trial:
    trial = trials.claim(owner)
    assert trial is not None
    return trial


def test_what_was_asked_for_is_claimed_made_and_read_again(trials: Trials, job_id: str) -> None:
    asked = trials.ask(job_id, REGION, ["one", "two"], user="ada")
    assert [(one.model, one.state, one.region) for one in asked] == [
        ("one", "queued", REGION),
        ("two", "queued", REGION),
    ]
    first, second = claimed(trials), claimed(trials)
    assert (first.id, second.id) == (asked[0].id, asked[1].id)
    assert trials.claim("a worker") is None
    trials.finish(first, MADE)
    trials.fail(second, "corrupt_image", "it is damaged")
    done, failed = trials.get(first.id), trials.get(second.id)
    assert (done.state, done.made, done.owner) == ("done", MADE, None)
    assert (failed.error_code, failed.error_message) == ("corrupt_image", "it is damaged")
    assert [trial.id for trial in trials.of_job(job_id)] == [second.id, first.id]


def test_who_was_served_longest_ago_comes_first(trials: Trials, job_id: str) -> None:
    trials.ask(job_id, REGION, ["a1", "a2", "a3"], user="ada")
    trials.ask(job_id, REGION, ["b1", "b2"], user="bob")
    trials.ask(job_id, REGION, ["c1"], user="cyd")
    order = [claimed(trials).model for _ in range(6)]
    assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_so_many_may_wait_of_a_user_and_in_all(trials: Trials, job_id: str) -> None:
    with pytest.raises(TrialsWaiting, match="you have 12"):
        trials.ask(job_id, REGION, ["m"] * (WAITING_PER_USER + 1), user="ada")
    for number in range(WAITING_IN_ALL // WAITING_PER_USER):
        trials.ask(job_id, REGION, ["m"] * WAITING_PER_USER, user=f"user {number}")
    with pytest.raises(TrialsWaiting, match="everybody together has 120"):
        trials.ask(job_id, REGION, ["m"], user="newcomer")


def test_a_lapsed_lease_gives_the_trial_to_another_and_voids_the_first_claim(
    engine: sa.Engine, trials: Trials, job_id: str
) -> None:
    trials.ask(job_id, REGION, ["m"], user="ada")
    sleeper = claimed(Trials(engine, lease_s=-1), "asleep")
    other = claimed(trials, "awake")
    assert (other.id, other.attempts) == (sleeper.id, 2)
    with pytest.raises(LeaseLost):
        trials.heartbeat(sleeper)
    trials.heartbeat(other)


def test_what_is_given_back_waits_without_a_count(trials: Trials, job_id: str) -> None:
    trials.ask(job_id, REGION, ["m"], user="ada")
    trials.give_back(claimed(trials))
    assert claimed(trials).attempts == 1


def test_trials_go_with_their_job_and_need_one(
    trials: Trials, queue: JobQueue, job_id: str
) -> None:
    (trial,) = trials.ask(job_id, REGION, ["m"], user="ada")
    held = claimed(trials)
    queue.delete(job_id)
    with pytest.raises(TrialNotFound):
        trials.get(trial.id)
    with pytest.raises(LeaseLost):
        trials.finish(held, MADE)
    with pytest.raises(JobNotFound):
        trials.ask(job_id, REGION, ["m"], user="ada")


def test_old_trials_are_forgotten(engine: sa.Engine, trials: Trials, job_id: str) -> None:
    old, new = trials.ask(job_id, REGION, ["old", "new"], user="ada")
    with writing(engine) as connection:
        values = {"created": old.created - KEPT - timedelta(seconds=1)}
        connection.execute(sa.update(table).where(table.c.id == old.id).values(values))
    trials.sweep()
    assert trials.ids() == {new.id}
