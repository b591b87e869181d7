"""What keeps a worker's hold on its job, for as long as the job gets on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from typing import Self

from app.database import DatabaseUnavailable
from app.jobs import Claim, JobQueue, LeaseLost
from cyclegan.errors import Cancelled

log = logging.getLogger(__name__)

PROGRESS_S = 0.25
"""Progress is written at most this often; each write is forced to disk."""


@dataclass
class Heartbeat:
    """A thread that extends the lease until the block ends, the lease is lost or the job hangs."""

    queue: JobQueue
    claim: Claim
    device: str
    interval_s: float
    patience_s: float
    """A job of which nothing was heard for so long hangs: it is not kept any longer."""
    on_hang: Callable[[], None]
    """Called once, by the thread, when the job hangs."""
    lost: bool = False
    cancel_asked: bool = False
    _advanced: float = field(default_factory=time.monotonic)
    _written: float = 0.0
    _done: float = 0.0
    _ended: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()

    def advance(self) -> None:
        """The job gets on."""
        self._advanced = time.monotonic()

    def progress(self, done: float) -> None:
        """Record the part that is done, 0..1, though not each step of it; raises LeaseLost.

        It never goes back: what an earlier attempt has left is only gone through again.
        """
        self.advance()
        self._done = max(self._done, min(1.0, done))
        if done >= 1 or self._advanced - self._written >= PROGRESS_S:
            self._written = self._advanced
            self.cancel_asked |= self.queue.progress(self.claim, self._done)

    def check(self) -> None:
        """Go on unless a beat has told otherwise; asks nobody. Raises LeaseLost or Cancelled."""
        self.advance()
        if self.lost:
            raise LeaseLost("the job was taken over, has ended or is gone")
        if self.cancel_asked:
            raise Cancelled("The job was cancelled.")

    def confirm(self) -> None:
        """Go on only if the job is still ours and wanted; raises LeaseLost or Cancelled."""
        self.advance()
        self.cancel_asked |= self.queue.heartbeat(self.claim)
        if self.cancel_asked:
            raise Cancelled("The job was cancelled.")

    def _beat(self) -> None:
        while not self._ended.wait(self.interval_s):
            if time.monotonic() - self._advanced > self.patience_s:
                log.error("job %s hangs; its lease is given up", self.claim.job.id)
                self.on_hang()
                return
            try:
                self.cancel_asked |= self.queue.heartbeat(self.claim)
                self.queue.see_worker(self.claim.owner, self.device)
            except LeaseLost:
                self.lost = True
                return
            except (DatabaseUnavailable, OSError) as error:
                log.warning("no heartbeat of job %s this time: %s", self.claim.job.id, error)
