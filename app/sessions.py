"""Who is logged in where: sessions that end when they rest, grow old, or are ended.

A browser holds a session's secret in its cookie, the database what the secret hashes to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.account import Account
from app.accounts import account_of
from app.database import now, reading, writing
from app.secrecy import digest, fresh
from app.tables import accounts, sessions

NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used: each note is a durable write."""
AGENT_LENGTH = 200


@dataclass(frozen=True)
class Session:
    """A browser that is logged in."""

    number: int
    agent: str
    """What the browser calls itself."""
    created: datetime
    seen: datetime


class Sessions:
    """The sessions of one database."""

    def __init__(self, engine: sa.Engine, *, idle: timedelta, lasting: timedelta) -> None:
        self._engine = engine
        self._idle = idle
        self._lasting = lasting

    def begin(self, account: Account, *, agent: str) -> str:
        """A new session; its secret. What has run out is forgotten on the way."""
        secret = fresh()
        with writing(self._engine) as connection:
            at = now(connection)
            connection.execute(sa.delete(sessions).where(~self._holds(at)))
            values = {
                "account": account.id,
                "digest": digest(secret),
                "agent": agent[:AGENT_LENGTH],
                "created": at,
                "seen": at,
            }
            connection.execute(sa.insert(sessions).values(values))
        return secret

    def find(self, secret: str) -> tuple[Account, int] | None:
        """Who is logged in by a secret and the session's number; None when it holds no more."""
        query = sa.select(accounts, sessions.c.number, sessions.c.seen).join(
            sessions, sessions.c.account == accounts.c.id
        )
        with reading(self._engine) as connection:
            at = now(connection)
            this = sa.and_(sessions.c.digest == digest(secret), self._holds(at))
            row = connection.execute(query.where(this, accounts.c.active)).one_or_none()
        if row is None:
            return None
        if at - row.seen > NOTED_EVERY:
            with writing(self._engine) as connection:
                this = sessions.c.number == row.number
                connection.execute(sa.update(sessions).where(this).values(seen=at))
        return account_of(row), row.number

    def of(self, account: Account) -> list[Session]:
        """The sessions of an account, the latest used first."""
        query = sa.select(sessions).order_by(sessions.c.seen.desc(), sessions.c.number.desc())
        with reading(self._engine) as connection:
            mine = sa.and_(sessions.c.account == account.id, self._holds(now(connection)))
            return [
                Session(row.number, row.agent, row.created, row.seen)
                for row in connection.execute(query.where(mine))
            ]

    def end(self, account: Account, number: int) -> None:
        """End a session of an account; one that is not its own, or not there, stays as it is."""
        this = sa.and_(sessions.c.account == account.id, sessions.c.number == number)
        with writing(self._engine) as connection:
            connection.execute(sa.delete(sessions).where(this))

    def _holds(self, at: datetime) -> sa.ColumnElement[bool]:
        return sa.and_(sessions.c.seen > at - self._idle, sessions.c.created > at - self._lasting)
