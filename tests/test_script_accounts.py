"""Accounts on the command line, as an administrator of a new service makes them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from app.accounts import Accounts
from app.database import open_database
from app.settings import ROOT


def accounts(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COLORMAPPER_")}
    return subprocess.run(
        [sys.executable, "scripts/accounts.py", *arguments],
        cwd=ROOT,
        env={**kept, "COLORMAPPER_DATA_DIR": str(folder), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_administrator_is_invited_and_cannot_be_locked_out(tmp_path: Path) -> None:
    made = accounts(tmp_path, "invite", "Ada", "--role", "admin", "--url", "http://muse:8888/")
    found = re.fullmatch(r"http://muse:8888/invitation/([\w-]{43})\n", made.stdout)
    assert found, made.stderr
    engine = open_database(f"sqlite:///{tmp_path / 'colormapper.db'}")
    assert Accounts(engine).invited(found[1]).name == "ada"
    engine.dispose()
    assert accounts(tmp_path, "list").stdout == "ada\tadmin\tinvited\n"
    refused = accounts(tmp_path, "disable", "ada")
    assert refused.returncode == 1
    assert refused.stderr.startswith("not done: nobody would be left")
    assert "account:1" in next((tmp_path / "audit").iterdir()).read_text()


def test_an_account_is_linked_to_whom_the_provider_does_not_verify(tmp_path: Path) -> None:
    provider = {"COLORMAPPER_IAP_AUDIENCE": "/projects/1/global/backendServices/2"}
    accounts(tmp_path, "invite", "ada")
    assert "nobody vouches" in accounts(tmp_path, "link", "ada", "ada-1").stderr
    assert accounts(tmp_path, "link", "ada", "ada-1", **provider).stdout == "ada is theirs now\n"
    assert accounts(tmp_path, "list").stdout == "ada\tuploader\tactive\n"
    assert accounts(tmp_path, "link", "ada", "another", **provider).returncode == 1
    assert accounts(tmp_path, "unlink", "ada").returncode == 0
    assert accounts(tmp_path, "link", "ada", "another", **provider).returncode == 0
