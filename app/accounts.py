"""Accounts: who may log in, in which role, and the one-time links by which passwords are chosen.

Of passwords and links only hashes are kept. All methods are safe across threads and processes;
besides what they name they raise what `app.jobs` does of disk and database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.account import (
    ROLES,
    Account,
    AccountNotFound,
    AccountRefused,
    LinkGone,
    Role,
    WrongLogin,
    account_number,
    checked_name,
    kept_name,
)
from app.database import lock, now, reading, writing
from app.passwords import LONGEST, Passwords, require_good
from app.secrecy import digest, fresh
from app.tables import accounts, invitations, sessions, shares, tokens

CHANGING = 3
"""The lock under which changes of accounts take turns, so that an administrator is always left."""
INVITED = timedelta(days=3)
"""How long a link to choose a password holds."""
NO_LINK = "the link was used already, replaced by a newer one, or is too old; ask for a new one"
NO_LOGIN = "the name or the password is wrong, or the account is disabled"


@dataclass(frozen=True)
class Invitation:
    """A link's secret, which is told once, and when it ends."""

    account: Account
    secret: str
    until: datetime


class Accounts:
    """The accounts of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._passwords = Passwords()

    def all(self) -> list[Account]:
        """Every account, by name."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(accounts).order_by(accounts.c.name))
            return [account_of(row) for row in rows]

    def are_there(self) -> bool:
        """Whether anybody has been invited yet."""
        with reading(self._engine) as connection:
            return connection.execute(sa.select(accounts.c.id).limit(1)).first() is not None

    def get(self, id: int) -> Account:  # noqa: A002 - the field's name
        """The account of a number; raises AccountNotFound."""
        with reading(self._engine) as connection:
            return account_of(_row(connection, accounts.c.id == id))

    def named(self, name: str) -> Account:
        """The account of a name; raises AccountNotFound, BadName."""
        with reading(self._engine) as connection:
            return account_of(_row(connection, accounts.c.name == checked_name(name)))

    def names_of(self, users: Iterable[str]) -> dict[str, str]:
        """What the accounts in jobs are called; whoever else may stand there is left out."""
        numbers = {account_number(user) for user in users} - {None}
        if not numbers:
            return {}
        with reading(self._engine) as connection:
            query = sa.select(accounts).where(accounts.c.id.in_(numbers))
            found = [account_of(row) for row in connection.execute(query)]
        return {account.user: account.name for account in found}

    def invite(self, name: str, role: Role) -> Invitation:
        """A new account, and the link by which its owner chooses a password.

        Raises AccountRefused when the name is taken, and BadName.
        """
        with writing(self._engine) as connection:
            lock(connection, CHANGING)
            account = add_account(connection, checked_name(name), role)
            return self._link(connection, account)

    def reset(self, id: int) -> Invitation:  # noqa: A002
        """A link to choose a new password; the old one holds until then. Raises AccountNotFound."""
        with writing(self._engine) as connection:
            lock(connection, CHANGING)
            return self._link(connection, account_of(_row(connection, accounts.c.id == id)))

    def invited(self, secret: str) -> Account:
        """Whose link it is; raises LinkGone."""
        with reading(self._engine) as connection:
            return _invited(connection, secret)

    def accept(self, secret: str, password: str) -> Account:
        """Set the password of the link's account, and end its link, sessions and other links.

        Raises LinkGone, and WeakPassword, after which the link still holds.
        """
        require_good(password, about=[self.invited(secret).name])
        hashed = self._passwords.hashed(password)
        with writing(self._engine) as connection:
            account = _invited(connection, secret)
            connection.execute(sa.delete(invitations).where(invitations.c.account == account.id))
            _set_password(connection, account.id, hashed, keeping=None)
            return account_of(_row(connection, accounts.c.id == account.id))

    def log_in(self, name: str, password: str) -> Account:
        """The account of a name and its password; raises WrongLogin, always after the same work."""
        with reading(self._engine) as connection:
            this = accounts.c.name == kept_name(name)
            row = connection.execute(sa.select(accounts).where(this)).one_or_none()
        kept = row.password if row is not None and row.active else None
        if not self._passwords.matches(kept, password[: LONGEST + 1]) or row is None:
            raise WrongLogin(NO_LOGIN)
        if self._passwords.is_outdated(row.password):
            hashed = self._passwords.hashed(password)
            with writing(self._engine) as connection:
                this = sa.and_(accounts.c.id == row.id, accounts.c.password == row.password)
                connection.execute(sa.update(accounts).where(this).values(password=hashed))
        return account_of(row)

    def change_password(self, account: Account, *, old: str, new: str, session: int | None) -> None:
        """Set another password and end the account's other sessions.

        Raises WrongLogin when the old one is wrong, and WeakPassword.
        """
        self.log_in(account.name, old)
        require_good(new, about=[account.name, old])
        hashed = self._passwords.hashed(new)
        with writing(self._engine) as connection:
            _set_password(connection, account.id, hashed, keeping=session)

    def set_role(self, id: int, role: Role) -> Account:  # noqa: A002
        """The account in another role; raises AccountNotFound, AccountRefused."""
        return self._change(id, role=ROLES[role])

    def set_active(self, id: int, *, active: bool) -> Account:  # noqa: A002
        """Let an account log in, or shut it out at once; raises AccountNotFound, AccountRefused.

        Its images stay. Shutting it out ends its sessions, tokens and links for good, also those by
        which it shared results.
        """
        return self._change(id, active=active)

    def _change(self, id: int, **values: object) -> Account:  # noqa: A002
        with writing(self._engine) as connection:
            lock(connection, CHANGING)
            before = account_of(_row(connection, accounts.c.id == id))
            connection.execute(sa.update(accounts).where(accounts.c.id == id).values(values))
            after = account_of(_row(connection, accounts.c.id == id))
            if before.may("admin") and not after.may("admin"):
                _require_admin(connection)
            if not after.active:
                for table in (sessions, tokens, invitations):
                    connection.execute(sa.delete(table).where(table.c.account == id))
                connection.execute(sa.delete(shares).where(shares.c.user == after.user))
            return after

    def _link(self, connection: sa.Connection, account: Account) -> Invitation:
        secret, until = fresh(), now(connection) + INVITED
        connection.execute(sa.delete(invitations).where(invitations.c.account == account.id))
        values = {"digest": digest(secret), "account": account.id, "until": until}
        connection.execute(sa.insert(invitations).values(values))
        return Invitation(account, secret, until)


def account_of(row: sa.Row[Any]) -> Account:
    """The account that a row, perhaps with columns of another table beside, stands for."""
    return Account(
        id=row.id,
        name=row.name,
        role=row.role,
        active=row.active,
        has_password=row.password is not None,
        created=row.created,
    )


def add_account(connection: sa.Connection, name: str, role: Role) -> Account:
    """A new account of a checked name; raises AccountRefused when it is taken."""
    taken = sa.select(accounts.c.id).where(accounts.c.name == name)
    if connection.execute(taken).first() is not None:
        raise AccountRefused(f"there is an account {name} already; to let it choose a new "
                             "password, reset it")  # fmt: skip
    values = {"name": name, "role": ROLES[role], "active": True, "created": now(connection)}
    insert = sa.insert(accounts).values(values).returning(accounts)
    return account_of(connection.execute(insert).one())


def account_where(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Account | None:
    """The account that a condition picks, if there is one."""
    row = connection.execute(sa.select(accounts).where(which)).one_or_none()
    return None if row is None else account_of(row)


def _row(connection: sa.Connection, which: sa.ColumnElement[bool]) -> sa.Row[Any]:
    row = connection.execute(sa.select(accounts).where(which)).one_or_none()
    if row is None:
        raise AccountNotFound("there is no such account")
    return row


def _invited(connection: sa.Connection, secret: str) -> Account:
    query = sa.select(accounts).join(invitations, invitations.c.account == accounts.c.id)
    holds = sa.and_(invitations.c.digest == digest(secret), accounts.c.active)
    still = invitations.c.until > now(connection)
    row = connection.execute(query.where(holds, still)).one_or_none()
    if row is None:
        raise LinkGone(NO_LINK)
    return account_of(row)


def _set_password(
    connection: sa.Connection, account: int, hashed: str, *, keeping: int | None
) -> None:
    this = sa.update(accounts).where(accounts.c.id == account)
    connection.execute(this.values(password=hashed))
    others = sa.delete(sessions).where(sessions.c.account == account)
    if keeping is not None:
        others = others.where(sessions.c.number != keeping)
    connection.execute(others)


def _require_admin(connection: sa.Connection) -> None:
    left = sa.select(accounts.c.id).where(accounts.c.active, accounts.c.role == "admin")
    if connection.execute(left.limit(1)).first() is None:
        raise AccountRefused(
            "nobody would be left to administer the service; make somebody else admin first"
        )
