"""The command that reads the audit log, as an administrator gives it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from app.audit import AuditLog, Entry

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "audit.py"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("COLORMAPPER_")}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        env={**clean, "COLORMAPPER_DATA_DIR": str(folder)},
        check=False,
    )


def test_an_administrator_reads_who_did_what_since_when(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit", keep_days=1)
    for day, name in ((1, "old"), (20, "new"), (20, "evil\x1b[2J")):
        at = datetime(2026, 11, day, 8, tzinfo=UTC)
        log.write(
            Entry(time=at, user="visitor:ann", action="view", object=f"job:{name}", outcome="done")
        )
    with (tmp_path / "audit" / "2026-11-001.jsonl").open("a") as file:
        file.write('{"time": "2026-11-')
    ran = run(tmp_path, "--user", "ann", "--since", "2026-11-02")
    first, second = ran.stdout.splitlines()
    assert first.split() == [
        *("2026-11-20", "08:00:00", "visitor:ann", "view", "job:new", "done", "-", "-", "-")
    ]
    assert "job:evil?[2J" in second
    assert "line 4 of 2026-11-001.jsonl is torn" in ran.stderr
    assert run(tmp_path, "--object", "old", "--outcome", "refused").stdout == ""


def test_where_nothing_was_done_nothing_is_said(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
