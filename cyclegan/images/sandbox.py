"""A child process with limits that decodes one file, so that a hostile file costs only itself."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cyclegan.errors import CorruptImage, ImageError, ImageTooLarge, UnsupportedFormat
from cyclegan.images.formats import READERS
from cyclegan.images.image import DecodeLimits
from cyclegan.images.reserve import DISK_FULL

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the package, where the child starts."""
ENVIRONMENT = {
    # Threads of libraries reserve address space, which is limited.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VIPS_CONCURRENCY": "1",
    "MALLOC_ARENA_MAX": "2",
}
REFUSALS: dict[str, type[ImageError]] = {
    kind.__name__: kind for kind in (UnsupportedFormat, CorruptImage, ImageTooLarge)
}
MOST_ANSWER_BYTES = 2**20


class Child:
    """The process, which answers its task and each request with one JSON document on a line.

    Used by one thread at a time; closing ends it at once.
    """

    def __init__(
        self, task: dict[str, Any], limits: DecodeLimits, *, share: Sequence[int] = ()
    ) -> None:
        """Start it; the descriptors in `share` are open in it under the same numbers."""
        self._format = str(task["format"])
        self._limits = limits
        self._socket, theirs = socket.socketpair()
        self._received = b""
        words = [sys.executable, "-m", "cyclegan.images.child"]
        with theirs:
            self._process = subprocess.Popen(
                [*words, json.dumps({**task, "parent": os.getpid()})],
                cwd=ROOT,
                env=ENVIRONMENT,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                pass_fds=tuple(share),
            )

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request; raises what `answer` does."""
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError:  # it has died, and why comes next
            log.debug("the decoding child no longer listens")
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """What the child says next.

        Raises UnsupportedFormat, CorruptImage or ImageTooLarge as the child says, or when it dies
        or takes too long, and OSError when it met a full disk.
        """
        answer = _parsed(self._line())
        if answer.get("errno") in DISK_FULL:
            raise OSError(answer["errno"], os.strerror(answer["errno"]))
        if answer.get("error") in REFUSALS:
            raise REFUSALS[answer["error"]](str(answer.get("message")))
        if "answer" not in answer:
            raise self.distrust(str(answer.get("trace", "no answer")))
        return answer

    def distrust(self, why: str) -> CorruptImage:
        """The error for a file at which the child stumbled; why goes to the log."""
        log.warning("a %s file could not be decoded: %s", self._format, why)
        return CorruptImage(
            f"the {READERS[self._format].title} file is damaged and cannot be decoded; "
            "send or save it again"
        )

    def close(self) -> None:
        """End the process; a second call does nothing."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _line(self) -> bytes:
        """The next line, or what there is of it when the child has ended."""
        deadline = time.monotonic() + 2 * self._limits.seconds
        while b"\n" not in self._received and len(self._received) <= MOST_ANSWER_BYTES:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                some = self._socket.recv(2**16)
            except TimeoutError as error:
                raise ImageTooLarge(self._too_slow()) from error
            except ConnectionError:
                some = b""
            if not some:
                self._require_decent_end(deadline)
                break
            self._received += some
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _require_decent_end(self, deadline: float) -> None:
        """Raise ImageTooLarge when the child was ended for taking too much."""
        try:
            status = self._process.wait(max(0.001, deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise ImageTooLarge(self._too_slow()) from error
        if status == -signal.SIGXCPU:
            raise ImageTooLarge(self._too_slow())
        if status == -signal.SIGKILL:
            raise ImageTooLarge("decoding the image took more memory than there is; crop it")
        if status < 0:
            log.warning("the decoding child was ended by signal %d", -status)

    def _too_slow(self) -> str:
        seconds = self._limits.seconds
        return f"decoding the image takes longer than the {seconds} s it may take; crop it"


def _parsed(answer: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(answer)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
