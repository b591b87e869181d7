"""Commands of the pages that need nothing but this machine, given as they are written."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from app.settings import ROOT, load_settings
from tests.running import Running, noise, png

PICTURE = png(noise(61, 83, seed=7))


def block(page: str, word: str) -> str:
    """The one shell block of a page that contains the word."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (found,) = (b for b in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if word in b)
    return str(found)


def give(commands: str, folder: Path) -> None:
    """Give commands in a folder that stands for the project's."""
    subprocess.run(["bash", "-euc", commands], cwd=folder, check=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    return tmp_path


def test_a_copy_made_while_the_service_runs_brings_its_jobs_back(project: Path) -> None:
    service = Running(project / "data")
    try:
        before = service.finish(service.submit(PICTURE))
        give(block("operations.md", "sqlite3.connect"), project)
        after = service.submit(PICTURE)
        assert service.stop() == 0
        give(block("operations.md", "cp colormapper-backup.db"), project)
        service.start()
        assert service.job(before["id"])["state"] == "done"
        assert service.fetch(before["links"]["result"])
        assert service.job(after).get("state") is None
    finally:
        service.kill()


def test_a_copy_is_not_made_of_a_table_that_is_not_there(project: Path) -> None:
    (project / "data").mkdir()
    with pytest.raises(subprocess.CalledProcessError):
        give(block("operations.md", "sqlite3.connect"), project)
    assert list((project / "data").iterdir()) == []


def test_the_settings_that_are_put_in_place_start_a_server(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project / "color-mapper.env"
    commands = block("google-cloud.md", "install -m 0600")
    commands = commands.replace("/etc/color-mapper.env", str(place)).replace("sudo ", "")
    give(commands, project)
    lines = place.read_text().splitlines()
    monkeypatch.chdir(ROOT)
    settings = load_settings(
        dict(line.split("=", 1) for line in lines if not line.startswith("#")), mode="server"
    )
    assert (settings.bucket, settings.links) == ("your-lab-muse-results", "public")
    assert len(settings.secret_key) == 64
    assert place.stat().st_mode & 0o777 == 0o600


def test_retention_is_a_rule_that_google_reads(project: Path) -> None:
    give(block("google-cloud.md", "lifecycle.json").splitlines()[0], project)
    rules = json.loads((project / "lifecycle.json").read_text())["rule"]
    assert rules == [{"action": {"type": "Delete"}, "condition": {"age": 90}}]


def test_an_update_changes_the_program_only_while_no_unit_runs() -> None:
    units = "color-mapper-web color-mapper-worker"
    steps = block("operations.md", "systemctl stop").splitlines()
    stopped, started = (steps.index(f"sudo systemctl {verb} {units}") for verb in ("stop", "start"))
    changes = [
        steps.index("sudo git pull"),
        steps.index("sudo bash scripts/setup.sh requirements.txt"),
    ]
    assert stopped < min(changes) < max(changes) < started
