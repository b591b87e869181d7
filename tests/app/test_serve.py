"""The command that is the service: when it refuses to start, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from app.serve import main
from app.settings import ROOT
from tests.running import PATIENCE_S, Running, eventually, free_port

KEY = "0123456789abcdef" * 4


def refusal(*words: str, **environ: object) -> str:
    """The one line with which the command refuses to start."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("COLORMAPPER_")}
    ran = subprocess.run(
        [sys.executable, "-m", "app.serve", *words],
        cwd=ROOT,
        env=clean | {f"COLORMAPPER_{k.upper()}": str(v) for k, v in environ.items()},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    return ran.stderr


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        line = refusal("local", data_dir=tmp_path, port=other.getsockname()[1])
    assert "is taken" in line
    assert "COLORMAPPER_PORT=" in line


def test_a_server_without_a_key_is_told_how_to_make_one(tmp_path: Path) -> None:
    assert "export COLORMAPPER_SECRET_KEY=" in refusal("server", data_dir=tmp_path)


def test_a_mistaken_setting_is_named(tmp_path: Path) -> None:
    assert "did you mean COLORMAPPER_PORT" in refusal("local", data_dir=tmp_path, porte=5001)


def test_a_data_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "data folder" in refusal("local", data_dir=tmp_path / "file" / "data")


def test_a_database_that_is_none_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "colormapper.db").write_text("no database, only a text of some length" * 99)
    assert "database" in refusal("local", data_dir=tmp_path, port=free_port())


@pytest.mark.parametrize(
    "arguments", [[], ["debug"], ["local", "server"], ["local", "web", "worker"]]
)
def test_what_can_be_given_is_told(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "local|server [web|worker]" in capsys.readouterr().err


def test_a_server_runs_for_the_whole_network_until_it_is_asked_to_end(tmp_path: Path) -> None:
    service = Running(tmp_path / "data", "server", secret_key=KEY)
    try:
        refused = refusal("local", data_dir=service.data, port=free_port())
        assert f"process {service.supervisor.pid}" in refused
        assert addresses(service) == {"0.0.0.0"}  # noqa: S104 - it is meant for a network
        assert requests.get(f"{service.url}/healthz", timeout=PATIENCE_S).ok
        assert service.stop() == 0
        assert service.processes() == []
    finally:
        service.kill()


def addresses(service: Running) -> set[str]:
    """Where the supervisor listens."""
    connections = psutil.Process(service.supervisor.pid).net_connections("tcp")
    return {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}


def test_ctrl_c_ends_everything_even_twice(tmp_path: Path) -> None:
    service = Running(tmp_path / "data")
    try:
        for _ in range(2):
            os.kill(service.supervisor.pid, signal.SIGINT)
        assert service.supervisor.wait(PATIENCE_S) == 0
        assert service.processes() == []
    finally:
        service.kill()


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    service = Running(tmp_path / "data")
    try:
        service.supervisor.kill()
        service.supervisor.wait(PATIENCE_S)
        eventually(lambda: not service.processes())
    finally:
        service.kill()


def test_a_killed_web_process_comes_back_on_the_same_port(tmp_path: Path) -> None:
    service = Running(tmp_path / "data")
    try:
        web = eventually(lambda: service.child("app.wsgi"))
        dying = [web, *web.children()]
        web.kill()
        # Until the last of them is gone, one could still take the request down with it.
        psutil.wait_procs(dying, timeout=PATIENCE_S)
        assert requests.get(f"{service.url}/healthz", timeout=PATIENCE_S).ok
    finally:
        service.kill()
