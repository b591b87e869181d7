from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.fairness import Line, Name, Place, fair_order

NAMES = st.tuples(st.sampled_from("abc"), st.sampled_from([None, "x", "y"]))


@st.composite
def queues(draw: st.DrawFn) -> list[Line]:
    """Lines of 1 to 9 jobs; no two begin with the same job."""
    waiting = draw(st.dictionaries(NAMES, st.integers(1, 9)))
    oldest = draw(st.permutations(range(1, len(waiting) + 1)))
    return [Line(*name, old, waiting[name]) for name, old in zip(waiting, oldest, strict=True)]


@st.composite
def turns_taken(draw: st.DrawFn) -> dict[Name, Place]:
    """Turns while jobs 1 to 9 were the newest; each turn has a number of its own."""
    newest = draw(st.dictionaries(NAMES, st.integers(1, 9)))
    by_age = sorted(newest, key=lambda name: newest[name])
    return {name: (newest[name], number) for number, name in enumerate(by_age, start=1)}


def order(lines: list[Line], turns: Mapping[Name, Place] | None = None) -> list[Name]:
    return [line.name for line in fair_order(lines, turns or {})]


def first_users(lines: list[Line], turns: Mapping[Name, Place] | None = None) -> str:
    """The users in the order of their first turns, in one word."""
    return "".join(dict.fromkeys(user for user, _ in order(lines, turns)))


@given(queues(), turns_taken())
def test_every_line_has_a_turn_for_each_job(lines: list[Line], turns: dict[Name, Place]) -> None:
    assert Counter(order(lines, turns)) == {line.name: line.waiting for line in lines}


@given(queues(), turns_taken())
def test_between_two_jobs_of_a_user_each_other_has_at_most_one(
    lines: list[Line], turns: dict[Name, Place]
) -> None:
    users = [user for user, _ in order(lines, turns)]
    for user in set(users):
        places = [place for place, who in enumerate(users) if who == user]
        for one, next_one in pairwise(places):
            between = users[one + 1 : next_one]
            assert len(between) == len(set(between))


@given(queues(), turns_taken())
def test_order_does_not_depend_on_the_order_of_rows(
    lines: list[Line], turns: dict[Name, Place]
) -> None:
    assert order(lines[::-1], turns) == order(lines, turns)


@given(queues(), turns_taken())
def test_whoever_was_just_served_is_last_of_all_users(
    lines: list[Line], turns: dict[Name, Place]
) -> None:
    turns = {**turns, ("a", "just now"): (99, 99)}
    assert "a" not in first_users(lines, turns)[:-1]


def test_example_of_the_module_holds() -> None:
    lines = [Line("A", "1", 1, 3), Line("A", None, 51, 1), Line("B", None, 52, 1)]
    assert order(lines) == [("A", "1"), ("B", None), ("A", None), ("A", "1"), ("A", "1")]


def test_user_served_longest_ago_comes_first() -> None:
    lines = [Line(user, None, number, 1) for number, user in enumerate("abc", start=1)]
    turns: dict[Name, Place] = {("a", None): (3, 7), ("b", None): (3, 5), ("c", None): (3, 6)}
    assert first_users(lines, turns) == "bca"


def test_turn_in_one_batch_counts_for_the_user() -> None:
    lines = [Line("a", "new", 1, 1), Line("b", None, 2, 1)]
    assert first_users(lines, {("a", "earlier"): (2, 1)}) == "ba"


def test_single_file_after_a_large_batch_is_next_but_one() -> None:
    lines = [Line("a", "all", 5, 46), Line("a", None, 51, 1)]
    assert ("a", None) in order(lines, {("a", "all"): (50, 4)})[:2]


def test_many_single_files_do_not_hold_up_a_batch() -> None:
    lines = [Line("a", None, 5, 26), Line("a", "all", 31, 9)]
    assert ("a", "all") in order(lines, {("a", None): (30, 4)})[:2]


def test_newcomers_do_not_overtake_those_who_wait() -> None:
    newcomers = [Line(f"new{number}", None, number, 1) for number in range(20, 40)]
    lines = [Line("a", None, 2, 1), *newcomers]
    assert order(lines, {("a", None): (10, 1)})[0] == ("a", None)


def test_long_absence_brings_no_credit() -> None:
    lines = [Line("back", None, 50, 1), Line("a", None, 40, 1)]
    assert order(lines, {("back", None): (1, 1)}) == [("a", None), ("back", None)]
