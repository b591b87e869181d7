"""A PostgreSQL server of the tests' own: on a socket in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest


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

    def empty(self) -> str:
        """The URL of its database, emptied; whoever was still connected is cut off."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return f"postgresql://postgres@/postgres?host={self._folder}"

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


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    if on_path is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    return Path(on_path).resolve().parent
