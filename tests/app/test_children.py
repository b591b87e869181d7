"""Processes that are kept running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app import children
from app.children import Child, reason, stop
from tests.running import eventually

SLEEP = "import time; time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); {SLEEP}"
PARENT = f"""
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", {SLEEP!r}]).pid, file=open(sys.argv[1], "w"))
time.sleep(600)
"""


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child("sleeper", [sys.executable, "-c", SLEEP], os.environ)
    child.start()
    yield child
    stop([child], within_s=0)


def kill(child: Child) -> int:
    """Kill it and wait until that was noticed; its process id."""
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: child.tend() == -signal.SIGKILL)
    return pid


def test_a_child_that_was_killed_is_started_again(child: Child) -> None:
    first = kill(child)
    eventually(lambda: child.tend() is None and child.pid not in {None, first})


def test_pauses_grow_but_stay_short(child: Child) -> None:
    pauses = []
    for _ in range(6):
        kill(child)
        pauses.append(child.pause_s)
        child.start()
    assert pauses == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_child_that_ran_for_long_is_started_again_soon(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "STEADY_S", 0.0)
    for _ in range(3):
        kill(child)
        child.start()
    assert child.pause_s == children.FIRST_PAUSE_S


def test_stopping_kills_what_does_not_end_by_itself() -> None:
    child = Child("stubborn", [sys.executable, "-c", STUBBORN], os.environ)
    child.start()
    process = psutil.Process(child.pid)
    stop([child], within_s=0.5)
    assert not process.is_running()


def test_nothing_that_a_child_started_is_left(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    child = Child("parent", [sys.executable, "-c", PARENT, str(note)], os.environ)
    child.start()
    eventually(lambda: note.exists() and note.read_text())
    stop([child])
    eventually(lambda: is_gone(int(note.read_text())))


def test_a_child_dies_with_its_supervisor() -> None:
    code = (
        "import os, sys, time; from app.children import Child;"
        f"child = Child('sleeper', [sys.executable, '-c', {SLEEP!r}], os.environ);"
        "child.start(); print(child.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        supervisor.kill()
        eventually(lambda: is_gone(pid))


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize(("code", "words"), [(3, "exit code 3"), (-9, "killed by SIGKILL")])
def test_an_exit_code_is_told_in_words(code: int, words: str) -> None:
    assert reason(code) == words


def test_stopping_a_child_that_waits_for_its_restart_does_nothing(child: Child) -> None:
    kill(child)
    started = time.monotonic()
    stop([child])
    assert time.monotonic() - started < children.STOP_S
