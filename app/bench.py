"""Where regions are translated: a process beside the worker's, so that none can harm its job.

What runs out of memory, crashes or hangs there is ended and begun anew with the next region. It
ends with the worker, and by itself when it has been idle.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.children import reason
from app.outcome import code_of
from app.settings import ROOT, ServeSettings
from app.trial import Made, Order
from cyclegan.errors import ColorMapperError

log = logging.getLogger(__name__)

LOOK_S = 0.1
"""How often somebody who waits is asked whether to go on."""
LONGEST_S = 600.0
"""A region takes seconds, and the first of a whole slide, all of which is looked at, minutes."""

TOO_SLOW = "the region was not translated within"


class BenchError(ColorMapperError):
    """The process could not do what it was asked to; `code` is a word for programs."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass
class Bench:
    """The process, started when it is first needed; used by one thread, which must outlive it."""

    settings: ServeSettings
    module: str = "app.bench_child"
    longest_s: float = LONGEST_S
    _process: subprocess.Popen[bytes] | None = None
    _socket: socket.socket | None = None
    _received: bytes = field(default=b"")

    def make(self, order: Order, go_on: Callable[[], None]) -> Made:
        """Have an order done, and ask `go_on` all the while; what it raises ends the process.

        Raises BenchError, and OSError when the disk is full.
        """
        until = time.monotonic() + self.longest_s
        try:
            self._say({**order._asdict(), "region": list(order.region)})
            while b"\n" not in self._received:
                go_on()
                self._listen(until)
        except BaseException:
            self.close()
            raise
        line, _, self._received = self._received.partition(b"\n")
        return _made(json.loads(line))

    def close(self) -> None:
        """End the process; a second call does nothing."""
        if self._socket:
            self._socket.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self._process, self._socket, self._received = None, None, b""

    def _say(self, document: dict[str, Any]) -> None:
        if self._process is None or self._process.poll() is not None:
            self._start()
        if self._socket:
            self._socket.sendall(json.dumps(document).encode() + b"\n")

    def _start(self) -> None:
        self.close()
        self._socket, theirs = socket.socketpair()
        with theirs:
            words = [sys.executable, "-m", self.module, str(theirs.fileno()), str(os.getpid())]
            self._process = subprocess.Popen(
                words, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )
        told = self.settings.model_dump_json(exclude={"secret_key", "database_url"})
        self._socket.sendall(told.encode() + b"\n")

    def _listen(self, until: float) -> None:
        """Take what there is of the answer, or wait a little for it."""
        if self._socket is None or self._process is None:
            raise ValueError("nothing was asked")
        if time.monotonic() > until:
            raise BenchError("too_slow", f"{TOO_SLOW} {self.longest_s:.0f} s; draw a smaller one")
        if not select.select([self._socket], [], [], LOOK_S)[0]:
            return
        try:
            some = self._socket.recv(2**16)
        except ConnectionError:
            some = b""
        if not some:
            code = self._process.wait()
            log.warning("the process that translates regions ended (%s)", reason(code))
            raise _ended(code)
        self._received += some


def _made(answer: dict[str, Any]) -> Made:
    if "errno" in answer:
        raise OSError(answer["errno"], os.strerror(answer["errno"]))
    if "error" in answer:
        raise BenchError(code_of(answer["error"]), answer["message"])
    return Made.of(answer["made"])


def _ended(code: int) -> BenchError:
    if code == -signal.SIGKILL:
        return BenchError(
            "out_of_memory",
            "the region took more memory than there is; draw a smaller one, or try again later",
        )
    return BenchError(
        "internal_error",
        "the translation of the region broke off; the log of the service tells more. Try again, "
        "or draw another region",
    )
