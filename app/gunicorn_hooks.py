"""What gunicorn is told beyond its command line; it reads this module as its settings file."""

from __future__ import annotations

import signal
from types import FrameType
from typing import TYPE_CHECKING, Any

from cyclegan.deathsig import die_with

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

forwarded_allow_ips = ""
"""gunicorn itself believes no header of a proxy: whose count is said by `app.settings`."""


def post_fork(server: Arbiter, worker: Worker) -> None:  # noqa: ARG001 - gunicorn's
    """Leave no web process behind when gunicorn's own first process is killed."""
    die_with(server.pid)


def post_worker_init(worker: Worker) -> None:
    """End the progress streams when the process is asked to end: it would wait for them."""
    application: Any = worker.wsgi  # Flask's, which the supervisor's side does not import
    streams = application.extensions["streams"]
    go_on = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: FrameType | None) -> None:
        streams.ending = True
        if callable(go_on):
            go_on(number, frame)

    signal.signal(signal.SIGTERM, end)
