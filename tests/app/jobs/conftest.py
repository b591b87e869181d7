"""Databases of both kinds: a test that takes one of these fixtures runs once on each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.database import open_database
from app.jobs import JobQueue
from tests.app.databases import make_database
from tests.app.jobs.examples import queue_of
from tests.app.jobs.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'jobs.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.empty()


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'jobs.db'}"
        make_database(url)
        return url
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.present()


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def queue(engine: sa.Engine) -> JobQueue:
    return queue_of(engine)


@pytest.fixture
def lapsing(engine: sa.Engine) -> JobQueue:
    """The same queue, as a worker sees it whose leases have always lapsed already."""
    return queue_of(engine, lease_s=-1)
