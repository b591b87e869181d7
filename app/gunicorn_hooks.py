"""What gunicorn is told beyond its command line; it reads this module as its settings file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from app.children import die_with_parent

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker


def post_fork(server: Arbiter, worker: Worker) -> None:  # noqa: ARG001 - gunicorn's signature
    """Leave no web process behind when gunicorn's own first process is killed."""
    die_with_parent(os.getppid())
