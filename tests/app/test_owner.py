"""Who holds a job, and whether it lives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from app.owner import identity, is_alive

ROOT = Path(__file__).resolve().parents[2]
SAY = "from app.owner import identity; print(identity(), flush=True); input()"


def start() -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SAY],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_this_process_is_alive() -> None:
    assert is_alive(identity())


def test_no_two_owners_have_one_name() -> None:
    assert identity() != identity()


def test_a_killed_process_is_dead_before_and_after_its_parent_knows() -> None:
    process, owner = start()
    with process:
        assert is_alive(owner)
        process.kill()
        # waitid leaves the dead process in the table.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(owner)
    assert not is_alive(owner)


def test_a_process_that_has_a_dead_ones_number_is_another() -> None:
    place, boot, pid, start, random = identity().split("/")
    assert not is_alive("/".join([place, boot, pid, str(int(start) - 1), random]))


def test_a_process_before_the_last_boot_is_dead() -> None:
    place, _, *rest = identity().split("/")
    assert not is_alive("/".join([place, "another-boot", *rest]))


def test_of_a_process_elsewhere_nothing_is_assumed() -> None:
    _, *rest = identity().split("/")
    assert is_alive("/".join(["elsewhere@pid:[1]", *rest]))
