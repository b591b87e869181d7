"""Running a case in a fresh process: its figures, and the memory of it and its children."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import psutil

from benchmarks.case import BEGINS
from benchmarks.conditions import environment
from benchmarks.serving import ROOT, watched


def run(name: str, *, threads: int, log: Path, **options: object) -> dict[str, Any]:
    """The figures of a case, or {"failed": why} if it ended without any; its words go to `log`.

    `tree_bytes` are the peak of what the process and its children held together during the
    measured part, sampled; pages that they share count once.
    """
    receiving, sending = os.pipe()
    arguments = json.dumps({"threads": threads, **options}, default=str)
    command = [sys.executable, "-m", "benchmarks.case", name, str(sending), arguments]
    with log.open("wb") as words, os.fdopen(receiving, encoding="utf-8") as report:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(threads),
            pass_fds=[sending],
            stdout=words,
            stderr=words,
        )
        os.close(sending)
        try:
            figures = _listen(report, process)
            status = process.wait()
        finally:
            process.kill()
    return {"failed": _why(status, log)} if figures is None else figures


def _listen(report: IO[str], process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    """What the process reports before it ends."""
    with ExitStack() as watching:
        peaks = None
        for line in report:
            if line.strip() == BEGINS:
                peaks = watching.enter_context(watched({"tree": psutil.Process(process.pid)}))
            else:
                figures: dict[str, Any] = json.loads(line)
                tree = {"tree_bytes": peaks["tree"].everything} if peaks else {}
                return {**figures, **tree}
    return None


def _why(status: int, log: Path) -> str:
    if status == -signal.SIGKILL:
        return "killed, most likely for want of memory"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"ended with status {status}"
