"""run_flask.sh and scripts/setup.sh: what they refuse at once, and what they repeat."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from app.settings import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that was never set up, in a folder with a space, whose packages are none."""
    folder = tmp_path / "color mapper"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "run_flask.sh", folder)
    for name in ("setup.sh", "get_pip.py"):
        shutil.copy(ROOT / "scripts" / name, folder / "scripts")
    (folder / "scripts" / "vendor.py").write_text("print('front end')")
    (folder / "requirements.txt").write_text("# none\n")
    return folder


def bash(project: Path, *words: str, **environ: object) -> subprocess.CompletedProcess[str]:
    """What came of a command of the project, given from another folder."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("COLORMAPPER_")}
    return subprocess.run(
        ["bash", str(project / words[0]), *words[1:]],
        cwd="/",
        env=clean | {f"COLORMAPPER_{k.upper()}": str(v) for k, v in environ.items()},
        capture_output=True,
        text=True,
        check=False,
    )


def set_up(project: Path) -> str:
    """What the set-up says."""
    ran = bash(project, "scripts/setup.sh", "requirements.txt")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_an_unknown_argument_is_answered_with_the_usage(project: Path) -> None:
    ran = bash(project, "run_flask.sh", "debug")
    assert ran.returncode == 2
    assert "bash run_flask.sh local" in ran.stderr


def test_nobody_waits_for_a_set_up_without_the_key_of_a_server(project: Path) -> None:
    ran = bash(project, "run_flask.sh")
    assert (ran.returncode, ran.stdout) == (1, "")
    key = ran.stderr.partition("export COLORMAPPER_SECRET_KEY=")[2].strip()
    assert len(bytes.fromhex(key)) == 32


def test_nobody_waits_for_a_set_up_while_the_port_is_taken(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ran = bash(project, "run_flask.sh", "local", port=other.getsockname()[1])
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "COLORMAPPER_PORT=" in ran.stderr


@pytest.mark.skipif(
    subprocess.run(
        ["python3", "-c", "import ensurepip"], check=False, capture_output=True
    ).returncode
    != 0,
    reason="python3 brings no pip, so that a set-up needs the network",
)
def test_a_set_up_is_made_once_and_again_only_when_it_was_cut_off(project: Path) -> None:
    assert "making the virtual environment" in set_up(project)
    assert set_up(project) == "front end\n"
    (project / ".venv" / "unfinished").touch()
    assert "making the virtual environment" in set_up(project)
