"""What a worker has with it from job to job."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.heartbeat import Heartbeat
from app.jobs import Claim, JobQueue
from app.owner import identity, is_alive
from app.shelf import Shelf
from cyclegan.errors import Cancelled

PATIENCE_S = 600.0
"""A job hangs when nothing is heard of it for so long; decoding and a large put are silent."""
PAUSE_S = 5.0
"""How long no job is claimed after the disk was full or the database away."""


@dataclass
class Shift:
    """The state of one worker, from its start to its end."""

    owner: str = field(default_factory=identity)
    device: str = "cpu"
    """What the engines compute on, in a word for people."""
    patience_s: float = PATIENCE_S
    on_hang: Callable[[], None] = lambda: None
    """Called by another thread when the job hangs."""
    shelf: Shelf = field(default_factory=Shelf)
    claim: Claim | None = None
    """The job that is being worked on."""
    publication: Claim | None = None
    """The job that is being published."""
    stopping: bool = False
    """Somebody has asked the worker to end."""
    _resumes: float = 0.0
    _shown: float = -math.inf

    @property
    def pausing(self) -> bool:
        """Whether it is too early to claim a job."""
        return time.monotonic() < self._resumes

    def show(self, queue: JobQueue, *, every_s: float) -> None:
        """Let the queue know, now and then, that this worker is there and which others are dead."""
        if time.monotonic() - self._shown >= every_s:
            queue.see_worker(self.owner, self.device)
            queue.release_dead(is_alive)
            self._shown = time.monotonic()

    def heartbeat(self, queue: JobQueue, claim: Claim, *, every_s: float) -> Heartbeat:
        """What keeps a claim of this worker, for as long as its block lasts."""
        return Heartbeat(
            queue=queue,
            claim=claim,
            device=self.device,
            interval_s=every_s,
            patience_s=self.patience_s,
            on_hang=self.on_hang,
        )

    def go_on(self) -> None:
        """Raise Cancelled when the worker was asked to end."""
        if self.stopping:
            raise Cancelled("The worker was asked to end.")

    def pause(self) -> None:
        """Claim no job for a while: what went wrong would go wrong again."""
        self._resumes = time.monotonic() + PAUSE_S
