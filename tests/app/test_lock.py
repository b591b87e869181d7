"""Each part of the service once per data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.lock import folder_lock, lock_name
from cyclegan.errors import SettingsError


def test_a_folder_that_is_held_is_refused_naming_the_holder(tmp_path: Path) -> None:
    with (
        folder_lock(tmp_path, "web"),
        pytest.raises(SettingsError, match=f"process {os.getpid()}"),
        folder_lock(tmp_path, "web"),
    ):
        pass


def test_a_lock_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / lock_name("web")).mkdir()  # as good as one of another user, also for root
    with (
        pytest.raises(SettingsError, match=r"^web\.lock in the data folder .* belongs to the user"),
        folder_lock(tmp_path, "web"),
    ):
        pass


def test_another_part_may_hold_the_folder_too(tmp_path: Path) -> None:
    with folder_lock(tmp_path, "web"), folder_lock(tmp_path, "worker"):
        assert (tmp_path / lock_name("worker")).read_text() == str(os.getpid())


def test_a_folder_can_be_held_again(tmp_path: Path) -> None:
    for _ in range(2):
        with folder_lock(tmp_path, "web"):
            assert (tmp_path / lock_name("web")).read_text() == str(os.getpid())


def test_the_lock_of_a_killed_process_holds_nobody_up(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from app.lock import folder_lock\n"
        "with folder_lock(Path(sys.argv[1]), 'web'): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    with folder_lock(tmp_path, "web"):
        assert (tmp_path / lock_name("web")).read_text() == str(os.getpid())
