"""Processes of the service that are kept running: started, started again, ended.

A child leads its own session, so that a Ctrl-C in the terminal reaches only the supervisor, which
then ends its children in order. Nothing outlives the supervisor: the kernel kills a child when its
parent ends, however that happened.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cyclegan.deathsig import die_with

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
STEADY_S = 30.0
"""A child that ran this long is started again after the first pause, whatever came before."""
STOP_S = 20.0
"""What does not end by itself is killed after this long."""
REST_S = 1.0
"""For what a child leaves behind (the tracker of shared memory, for one) to clear up and end."""
POLL_S = 0.1


@dataclass
class Child:
    """One process that is kept running."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()
    pause_s: float = field(default=FIRST_PAUSE_S, init=False)
    """Seconds between its last end and the start that followed or follows."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _started: float = field(default=0.0, init=False)
    _due: float = field(default=0.0, init=False)
    _next_pause: float = field(default=FIRST_PAUSE_S, init=False)

    @property
    def pid(self) -> int | None:
        """The process id, or None while it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process."""
        parent = os.getpid()
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self.command,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            pass_fds=self.pass_fds,
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),  # noqa: PLW1509 - one thread here
        )

    def tend(self) -> int | None:
        """Start it again when its pause is over; returns the exit code once when it has ended."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._due:
                self.start()
            return None
        code = self._process.poll()
        if code is None:
            return None
        self.pause_s = FIRST_PAUSE_S if now - self._started > STEADY_S else self._next_pause
        self._next_pause = min(2 * self.pause_s, LONGEST_PAUSE_S)
        self._due = now + self.pause_s
        log.warning(
            "the %s ended (%s); it is started again in %.1f s",
            self.name,
            reason(code),
            self.pause_s,
        )
        self._clear_group(self._process.pid)
        self._process = None
        return code

    def terminate(self) -> None:
        """Ask the process to end."""
        if self._process:
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait until it has ended; kill it at the deadline (of the monotonic clock)."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("the %s did not end by itself; it is killed", self.name)
            self._process.kill()
            self._process.wait()
        self._clear_group(self._process.pid)
        self._process = None

    def _clear_group(self, group: int) -> None:
        """Wait for what the ended process left behind, then kill it."""
        deadline = time.monotonic() + REST_S
        with contextlib.suppress(ProcessLookupError):  # the group is empty
            while time.monotonic() < deadline:
                os.killpg(group, 0)
                time.sleep(POLL_S)
            os.killpg(group, signal.SIGKILL)


def reason(code: int) -> str:
    """An exit code of `subprocess` in words."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def stop(children: Iterable[Child], within_s: float = STOP_S) -> None:
    """End all of them, at the same time; nothing of them is left afterwards."""
    children = list(children)
    deadline = time.monotonic() + within_s
    for child in children:
        child.terminate()
    for child in children:
        child.wait(deadline)
