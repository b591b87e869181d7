"""Which account belongs to a person for whom another service vouches.

At the first login it is the one whose name the other service vouches for; that person and no other
of the same service is its owner from then on, whatever becomes of names and addresses. All methods
are safe across threads and processes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from app.account import Account, AccountRefused, BadName, Role, checked_name
from app.accounts import CHANGING, account_of, account_where, add_account
from app.database import lock, now, reading, writing
from app.person import NotWelcome, Person
from app.tables import accounts, invitations, logins, sessions, tokens

DISABLED = "your account here is disabled; ask whoever runs this service"


@dataclass(frozen=True)
class Entered:
    """Somebody who has come in."""

    account: Account
    is_first: bool
    """Whether the account has been theirs only from now on."""


class Logins:
    """The logins by other services of one database."""

    def __init__(self, engine: sa.Engine, *, domains: Collection[str], role: Role) -> None:
        """People with an address in one of the domains get an account with the role."""
        self._engine = engine
        self._domains = frozenset(domains)
        self._role = role

    def enter(self, person: Person) -> Entered:
        """The account of a person; raises NotWelcome."""
        with reading(self._engine) as connection:
            account = _owned(connection, person)
        if account is None:
            return self._join(person)
        return _let_in(account, is_first=False)

    def bind(self, account: Account, person: Person) -> None:
        """Make an account a person's, on an administrator's word; raises AccountRefused."""
        with writing(self._engine) as connection:
            lock(connection, CHANGING)
            owned = _owned(connection, person)
            if owned is not None:
                raise AccountRefused(f"the account {owned.name} is theirs already")
            if _has_owner(connection, account, person.issuer):
                raise AccountRefused(f"{account.name} is somebody else's; release it first")
            _bind(connection, account, person)

    def release(self, account: Account) -> None:
        """Let the next who logs in by its name have an account, and log its owner out for good."""
        with writing(self._engine) as connection:
            for table in (logins, sessions, tokens):
                connection.execute(sa.delete(table).where(table.c.account == account.id))

    def bound(self) -> set[int]:
        """The numbers of all accounts to which somebody has come by another service."""
        with reading(self._engine) as connection:
            return set(connection.execute(sa.select(logins.c.account)).scalars())

    def _join(self, person: Person) -> Entered:
        name = _name(person)
        with writing(self._engine) as connection:
            lock(connection, CHANGING)
            account = _owned(connection, person)
            if account is not None:  # two requests of one browser came at once
                return _let_in(account, is_first=False)
            account = account_where(connection, accounts.c.name == name)
            if account is None:
                if name.rpartition("@")[2] not in self._domains or "@" not in name:
                    raise NotWelcome(
                        f"there is no account {name} here; ask whoever runs this service to "
                        "invite you under that name"
                    )
                account = add_account(connection, name, self._role)
            elif _has_owner(connection, account, person.issuer):
                raise NotWelcome(
                    f"the account {name} belongs to another person of the same address; ask "
                    f"whoever runs this service to release it, or to link you: {person.subject}"
                )
            entered = _let_in(account, is_first=True)
            _bind(connection, account, person)
            return entered


def _name(person: Person) -> str:
    if person.name is None:
        raise NotWelcome(
            "the provider does not say that your e-mail address is verified; ask whoever runs "
            f"this service to link your account to: {person.subject}"
        )
    try:
        # Letters that merely look alike must not become one name.
        return checked_name(person.name.encode("ascii").decode())
    except (BadName, UnicodeEncodeError) as error:
        raise NotWelcome(
            f"{person.name[:64]!r} cannot be the name of an account; ask whoever runs this "
            f"service to link your account to: {person.subject}"
        ) from error


def _let_in(account: Account, *, is_first: bool) -> Entered:
    if not account.active:
        raise NotWelcome(DISABLED)
    return Entered(account, is_first)


def _owned(connection: sa.Connection, person: Person) -> Account | None:
    this = sa.and_(logins.c.issuer == person.issuer, logins.c.subject == person.subject)
    query = sa.select(accounts).join(logins, logins.c.account == accounts.c.id).where(this)
    row = connection.execute(query).one_or_none()
    return None if row is None else account_of(row)


def _has_owner(connection: sa.Connection, account: Account, issuer: str) -> bool:
    this = sa.and_(logins.c.account == account.id, logins.c.issuer == issuer)
    return connection.execute(sa.select(logins.c.number).where(this)).first() is not None


def _bind(connection: sa.Connection, account: Account, person: Person) -> None:
    values = {
        "account": account.id,
        "issuer": person.issuer,
        "subject": person.subject,
        "created": now(connection),
    }
    connection.execute(sa.insert(logins).values(values))
    connection.execute(sa.delete(invitations).where(invitations.c.account == account.id))
