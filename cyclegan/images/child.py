"""The process that decodes one file: run as `python -m cyclegan.images.child`, never imported.

It gets its task as one JSON argument and takes on its limits before it looks at the file. Then it
writes all pixels into the spool and ends, or, where the file is read by regions, answers requests
for them until nobody listens any more. Standard output is for answers only, one JSON document on a
line: `{"answer": ...}`, `{"error": <name>, "message": ...}`, `{"errno": ...}` or `{"trace": ...}`.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import resource
import select
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

from cyclegan.deathsig import PR_SET_PDEATHSIG, die_with
from cyclegan.errors import ImageError
from cyclegan.images.reserve import DISK_FULL

PR_SET_DUMPABLE = 4
SLACK_BYTES = 2**20
MOST_TRACE_LETTERS = 4000


def main(task: dict[str, Any]) -> None:
    """Do one task and answer, and the requests that follow."""
    channel = _silence()
    _confine(task)
    # After the limits, like everything that may be misled by a file.
    from cyclegan.images.decoding import Decoding

    decoding = Decoding(task)
    answer = _attempt(task, decoding.open)
    if decoding.is_by_regions:
        # Before the answer, after which the thread that waits for it may end.
        _end_with_the_channel(channel)
    _answer(channel, answer)
    if decoding.is_by_regions:
        with os.fdopen(os.dup(channel), encoding="utf-8") as requests:
            for line in requests:
                _renew_time(task)
                request = json.loads(line)
                _answer(channel, _attempt(task, partial(decoding.read, request)))


def _attempt(task: dict[str, Any], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the work says, or why it cannot be done."""
    try:
        return {"answer": work()}
    except ImageError as error:
        return {"error": type(error).__name__, "message": str(error)}
    except MemoryError:
        return {"error": "ImageTooLarge", "message": _too_much_memory(task["memory_bytes"])}
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        return {"errno": error.errno}


def _silence() -> int:
    """Keep standard output for the answers, whatever a library prints; returns where they go."""
    channel = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    sys.excepthook = lambda kind, error, trace: _answer_trace(channel, kind, error, trace)
    return channel


def _confine(task: dict[str, Any]) -> None:
    """Take on limits, and die with the parent."""
    limits = {
        resource.RLIMIT_AS: task["memory_bytes"],
        resource.RLIMIT_FSIZE: task["max_pixels"] * 3 + SLACK_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in limits.items():
        _limit(kind, value)
    _renew_time(task)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0)
    die_with(task["parent"])


def _limit(kind: int, value: int) -> None:
    """Set a limit that cannot be lifted again."""
    _, hardest = resource.getrlimit(kind)
    if hardest != resource.RLIM_INFINITY:
        value = min(value, hardest)
    resource.setrlimit(kind, (value, value))


def _renew_time(task: dict[str, Any]) -> None:
    """Processor time for opening, or for one region, from now on.

    The limit has to move on with each request, so it is a soft one; whoever asks counts wall time
    and ends a child that would not keep to it.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hardest = resource.getrlimit(resource.RLIMIT_CPU)
    until = math.ceil(used.ru_utime + used.ru_stime) + task["seconds"]
    if hardest != resource.RLIM_INFINITY:
        until = min(until, hardest)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hardest))


def _end_with_the_channel(channel: int) -> None:
    """From now on end when the other end of the channel is gone.

    The kernel's signal at the parent's death comes at the death of the thread that started this
    process, too, and a reader may outlive that thread.
    """

    def wait() -> None:
        poll = select.poll()
        poll.register(channel, 0)  # a hang-up is always reported
        poll.poll()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, 0)


def _too_much_memory(memory_bytes: int) -> str:
    return (
        f"decoding the image takes more than the {memory_bytes / 2**30:.3g} GiB of memory that it "
        "may have; crop it, or save it as a tiled TIFF"
    )


def _answer(channel: int, answer: dict[str, Any]) -> None:
    rest = json.dumps(answer).encode() + b"\n"
    while rest:
        rest = rest[os.write(channel, rest) :]


def _answer_trace(
    channel: int, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """For the log of whoever runs the service: a decoder stumbled over the file."""
    lines = traceback.format_exception(kind, error, trace)
    _answer(channel, {"trace": "".join(lines)[-MOST_TRACE_LETTERS:]})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
