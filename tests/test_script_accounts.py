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


def accounts(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COLORMAPPER_")}
    return subprocess.run(
        [sys.executable, "scripts/accounts.py", *arguments],
        cwd=ROOT,
        env={**kept, "COLORMAPPER_DATA_DIR": str(folder)},
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
