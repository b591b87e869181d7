"""A PostgreSQL server of the tests' own: on a socket in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql

from app.migrations import migrate

VERSION = "alembic_version"
"""The table that is left as it is."""


class Schema(NamedTuple):
    """What tells that no test has changed the tables of a database."""

    version: str
    tables: tuple[str, ...]


class PostgresServer:
    """One server with one database, which each test gets empty: making one takes 7 MB and time."""

    def __init__(self) -> None:
        self._programs = _programs()
        # Not below pytest's folder, which another user than ours may not enter.
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        self._dsn = f"host={self._folder} user=postgres dbname=postgres"
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync")
        options = f"-k {self._folder} -h '' -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "log"), "-o", options)
        self._present: Schema | None = None

    def empty(self) -> str:
        """The URL of its database, emptied; whoever was still connected is cut off."""
        with self._alone() as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self._url

    def present(self) -> str:
        """The same with the present tables; they are made anew only where a test changed them."""
        with self._alone() as connection:
            if self._present and _schema(connection) == self._present:
                tables = sql.SQL(", ").join(map(sql.Identifier, self._present.tables))
                connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
                return self._url
        migrate(self.empty())
        with self._alone() as connection:
            self._present = _schema(connection)
        return self._url

    @property
    def _url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self._folder}"

    @contextmanager
    def _alone(self) -> Iterator[psycopg.Connection]:
        """A connection to its database while there is no other."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            yield connection

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._run("pg_ctl", "stop", "-m", "immediate")
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root.
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*user, str(self._programs / program), "-D", str(self._folder / "data")]
        subprocess.run(
            [*command, *arguments], cwd=self._folder, check=True, stdout=subprocess.DEVNULL
        )


def _schema(connection: psycopg.Connection) -> Schema | None:
    asked = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {name for (name,) in asked}
    if VERSION not in found:
        return None
    versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return Schema(str(versions), tuple(sorted(found - {VERSION})))


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    if on_path is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    return Path(on_path).resolve().parent
