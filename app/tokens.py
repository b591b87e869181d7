"""API tokens: what programs log in with, shown once and kept only as what they hash to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.account import Account
from app.accounts import account_of
from app.database import now, reading, writing
from app.secrecy import digest, fresh
from app.tables import accounts, tokens

MARK = "cm_"
"""Begins every token, so that people and scanners know one when they meet it."""
NAME_LENGTH = 60
LONGEST_DAYS = 366
NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Token:
    """A token, without its secret."""

    number: int
    name: str
    created: datetime
    until: datetime
    used: datetime | None


class Tokens:
    """The tokens of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def make(self, account: Account, *, name: str, days: int) -> str:
        """A new token of an account for so many days; its secret, which is told only here."""
        secret = MARK + fresh()
        with writing(self._engine) as connection:
            at = now(connection)
            values = {
                "account": account.id,
                "digest": digest(secret),
                "name": name[:NAME_LENGTH],
                "created": at,
                "until": at + timedelta(days=min(days, LONGEST_DAYS)),
            }
            connection.execute(sa.insert(tokens).values(values))
        return secret

    def find(self, secret: str) -> Account | None:
        """Whose token it is; None when it holds no more or never did."""
        query = sa.select(accounts, tokens.c.number, tokens.c.used).join(
            tokens, tokens.c.account == accounts.c.id
        )
        with reading(self._engine) as connection:
            at = now(connection)
            this = sa.and_(tokens.c.digest == digest(secret), tokens.c.until > at)
            row = connection.execute(query.where(this, accounts.c.active)).one_or_none()
        if row is None:
            return None
        if row.used is None or at - row.used > NOTED_EVERY:
            with writing(self._engine) as connection:
                this = tokens.c.number == row.number
                connection.execute(sa.update(tokens).where(this).values(used=at))
        return account_of(row)

    def of(self, account: Account) -> list[Token]:
        """The tokens of an account that still hold, the newest first."""
        query = sa.select(tokens).order_by(tokens.c.number.desc())
        with reading(self._engine) as connection:
            mine = sa.and_(tokens.c.account == account.id, tokens.c.until > now(connection))
            return [
                Token(row.number, row.name, row.created, row.until, row.used)
                for row in connection.execute(query.where(mine))
            ]

    def revoke(self, account: Account, number: int) -> None:
        """End a token of an account; one that is not its own, or not there, stays as it is."""
        this = sa.and_(tokens.c.account == account.id, tokens.c.number == number)
        with writing(self._engine) as connection:
            connection.execute(sa.delete(tokens).where(this))
