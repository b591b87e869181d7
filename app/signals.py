"""Being asked to end, noticed even while the main thread is deep in a long computation."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from threading import Thread
from types import FrameType


def on_stop(call: Callable[[], None]) -> None:
    """Call once, in a thread of its own, when SIGTERM or SIGINT comes; for the main thread.

    Python runs signal handlers between two steps of the main thread, which may be minutes apart;
    what is written to a socket arrives at once.
    """
    receiving, sending = socket.socketpair()
    sending.setblocking(False)
    signal.set_wakeup_fd(sending.fileno())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _pass)
    Thread(target=_wait, args=(receiving, sending, call), name="farewell", daemon=True).start()


def _wait(receiving: socket.socket, _sending: socket.socket, call: Callable[[], None]) -> None:
    receiving.recv(1)
    call()


def _pass(_number: int, _frame: FrameType | None) -> None:
    """Leave everything to the thread."""
