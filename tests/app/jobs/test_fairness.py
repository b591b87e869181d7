from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.fairness import Line, Waiting, fair_order

START = datetime(2026, 11, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def waiting(number: int, user: str, batch: str | None = None, *, resumes: bool = False) -> Waiting:
    """A job that arrived in the second of its number."""
    return Waiting(number, user, batch, at(number), resumes)


def numbers(jobs: list[Waiting], turns: Mapping[Line, datetime] | None = None) -> list[int]:
    return [job.number for job in fair_order(jobs, turns or {})]


queues = st.lists(
    st.builds(
        lambda user, batch, resumes: (user, batch, resumes),
        st.sampled_from("abc"),
        st.sampled_from([None, "x", "y"]),
        st.booleans(),
    )
).map(lambda jobs: [waiting(n, u, b, resumes=r) for n, (u, b, r) in enumerate(jobs)])

turns_taken = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from([None, "x", "y"])),
    st.integers(0, 50).map(at),
)


@given(queues, turns_taken)
def test_every_job_has_one_turn(jobs: list[Waiting], turns: dict[Line, datetime]) -> None:
    assert sorted(numbers(jobs, turns)) == [job.number for job in jobs]


@given(queues, turns_taken)
def test_within_a_batch_the_oldest_comes_first(
    jobs: list[Waiting], turns: dict[Line, datetime]
) -> None:
    order = [job for job in fair_order(jobs, turns) if not job.resumes]
    by_line = sorted(order, key=lambda job: (job.user, job.batch or ""))
    for _, line in groupby(by_line, key=lambda job: (job.user, job.batch)):
        found = [job.number for job in line]
        assert found == sorted(found)


@given(queues, turns_taken)
def test_between_two_jobs_of_a_user_each_other_has_at_most_one(
    jobs: list[Waiting], turns: dict[Line, datetime]
) -> None:
    users = [job.user for job in fair_order(jobs, turns) if not job.resumes]
    for user in set(users):
        places = [place for place, who in enumerate(users) if who == user]
        for one, next_one in pairwise(places):
            between = users[one + 1 : next_one]
            assert len(between) == len(set(between))


@given(queues, turns_taken)
def test_order_does_not_depend_on_the_order_of_rows(
    jobs: list[Waiting], turns: dict[Line, datetime]
) -> None:
    assert numbers(jobs[::-1], turns) == numbers(jobs, turns)


def test_example_of_the_docstring_holds() -> None:
    jobs = [waiting(n, "A", "1") for n in (1, 2, 3)] + [waiting(51, "A"), waiting(52, "B")]
    assert numbers(jobs) == [1, 52, 51, 2, 3]


def test_user_served_longest_ago_comes_first() -> None:
    jobs = [waiting(1, "a"), waiting(2, "b"), waiting(3, "c")]
    turns: dict[Line, datetime] = {("a", None): at(30), ("b", None): at(10), ("c", None): at(20)}
    assert numbers(jobs, turns) == [2, 3, 1]


def test_turn_in_one_batch_counts_for_the_user() -> None:
    jobs = [waiting(1, "a", "new"), waiting(2, "b")]
    assert numbers(jobs, {("a", "earlier"): at(9)}) == [2, 1]


def test_single_file_after_a_large_batch_is_next_but_one() -> None:
    jobs = [waiting(n, "a", "all") for n in range(50)] + [waiting(60, "a")]
    assert 60 in numbers(jobs, {("a", "all"): at(59)})[:2]


def test_many_single_files_do_not_hold_up_a_batch() -> None:
    jobs = [waiting(n, "a") for n in range(30)] + [waiting(40, "a", "all")]
    assert 40 in numbers(jobs, {("a", None): at(39)})[:2]


def test_newcomers_do_not_overtake_those_who_wait() -> None:
    jobs = [waiting(1, "a"), *(waiting(n, f"new{n}") for n in range(20, 40))]
    assert numbers(jobs, {("a", None): at(10)})[0] == 1


def test_long_absence_brings_no_credit() -> None:
    jobs = [waiting(50, "back"), waiting(40, "a")]
    assert numbers(jobs, {("back", None): at(1)}) == [40, 50]


def test_interrupted_jobs_come_first_oldest_first() -> None:
    jobs = [waiting(1, "a"), waiting(3, "b", resumes=True), waiting(2, "b", resumes=True)]
    assert numbers(jobs) == [2, 3, 1]
