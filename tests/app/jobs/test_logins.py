"""Who comes to an account by another service, in databases of both kinds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from app.account import AccountRefused, Role, WrongLogin
from app.accounts import Accounts
from app.logins import Entered, Logins
from app.person import NotWelcome, Person
from app.tokens import Tokens

ISSUER = "https://login.example"
ADA = Person(ISSUER, "ada-1", "ada@lab.example")
OTHER = Person(ISSUER, "ada-2", "ada@lab.example")
ROLE: Role = "uploader"


@pytest.fixture
def accounts(engine: sa.Engine) -> Accounts:
    return Accounts(engine)


@pytest.fixture
def logins(engine: sa.Engine) -> Logins:
    return Logins(engine, domains=("lab.example",), role=ROLE)


def test_people_of_a_domain_get_one_account_and_keep_it(logins: Logins, accounts: Accounts) -> None:
    assert [logins.enter(ADA).is_first for _ in range(2)] == [True, False]
    (account,) = accounts.all()
    assert (account.name, account.role) == ("ada@lab.example", ROLE)
    assert logins.bound() == {account.id}


def test_the_account_is_found_by_the_subject_whatever_the_address(logins: Logins) -> None:
    first = logins.enter(ADA).account
    for name in (None, "ada@elsewhere.example", "o'brien@lab.example"):
        assert logins.enter(Person(ISSUER, "ada-1", name)) == Entered(first, is_first=False)
    with pytest.raises(NotWelcome, match="belongs to another person"):
        logins.enter(OTHER)


def test_one_account_may_be_reached_by_two_services(logins: Logins) -> None:
    first = logins.enter(ADA).account
    elsewhere = Person("https://other.example", "ada-1", "ada@lab.example")
    assert logins.enter(elsewhere) == Entered(first, is_first=True)
    assert logins.bound() == {first.id}


def test_who_was_invited_gets_in_and_their_link_ends(logins: Logins, accounts: Accounts) -> None:
    link = accounts.invite("o'brien@elsewhere.example", "viewer")
    person = Person(ISSUER, "brien", "O'Brien@elsewhere.example")
    assert logins.enter(person).account == link.account
    with pytest.raises(Exception, match="the link was used already"):
        accounts.invited(link.secret)


def test_nobody_else_gets_in_and_no_account_is_made(logins: Logins, accounts: Accounts) -> None:
    strange = (None, "", "eve@elsewhere.example", "a\0b@lab.example", "\uff41@lab.example", "x")
    for name in strange:
        with pytest.raises(NotWelcome):
            logins.enter(Person(ISSUER, "eve", name))
    assert accounts.all() == []


def test_a_disabled_account_stays_shut(logins: Logins, accounts: Accounts) -> None:
    account = logins.enter(ADA).account
    accounts.set_active(account.id, active=False)
    with pytest.raises(NotWelcome, match="disabled"):
        logins.enter(ADA)


def test_an_account_is_bound_to_one_person_until_it_is_released(
    logins: Logins, accounts: Accounts, engine: sa.Engine
) -> None:
    account = logins.enter(ADA).account
    with pytest.raises(AccountRefused, match="somebody else's"):
        logins.bind(account, OTHER)
    with pytest.raises(AccountRefused, match="theirs already"):
        logins.bind(accounts.invite("bob", "viewer").account, ADA)
    token = Tokens(engine).make(account, name="tests", days=1)
    logins.release(account)
    assert Tokens(engine).find(token) is None
    logins.bind(account, OTHER)
    assert logins.enter(OTHER).account == account


def test_requests_that_come_at_once_make_one_account(logins: Logins, accounts: Accounts) -> None:
    at_once = Barrier(8)

    def enter(_: int) -> Entered:
        at_once.wait(timeout=60)
        return logins.enter(ADA)

    with ThreadPoolExecutor(8) as threads:
        entered = list(threads.map(enter, range(8)))
    assert sum(one.is_first for one in entered) == 1
    assert {one.account for one in entered} == set(accounts.all())


def test_names_of_all_lengths_and_letters_are_kept_and_found(accounts: Accounts) -> None:
    names = ["o'brien@lab.example", "100%_{x}@lab.example", "a" * 254, "j\u00fcrgen"]
    users = [accounts.invite(name, "viewer").account.user for name in names]
    assert [accounts.named(name).user for name in names] == users
    assert accounts.names_of([*users, "visitor:x", "account:999", "ada"]) == dict(
        zip(users, names, strict=True)
    )
    assert accounts.names_of(["visitor:x"]) == {}


def test_what_is_no_name_is_looked_for_and_not_found(accounts: Accounts) -> None:
    for name in ("a\0b", "\0", "' OR 1=1 --", "x" * 100_000):
        with pytest.raises(WrongLogin):
            accounts.log_in(name, "a password")
