"""The publisher: takes what is finished from this machine to where people find it.

It is a thread of the worker's process, so that a bucket that is slow or away holds up no
translation. It also removes what deleted jobs have left, and has the months' buckets made ahead.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from app import disk, objects
from app.backoff import Backoff, pause_after
from app.database import DatabaseUnavailable
from app.heartbeat import Heartbeat
from app.job import ENDED, Job
from app.jobs import Claim, JobNotFound, LeaseLost
from app.outcome import Outcome, leave_alone, settle, stopped
from app.removing import clear_away, reason
from app.services import Services
from app.shift import Shift
from app.stores import NotStored, StoreRefused, StoreUnavailable
from cyclegan.errors import Cancelled

log = logging.getLogger(__name__)

AHEAD_EVERY_S = 3600.0
"""How often the store is asked to look ahead."""
AHEAD_LONGEST_S = 600.0
"""What is needed next month is not urgent."""
UNFORESEEN_S = 60.0
"""How long a job is left alone of which something unforeseen came."""
OTHER_BYTES = (
    "already_published",
    "other bytes are kept under the name of one of the files, and nothing is ever overwritten; "
    "delete the job and send the image again",
)
GONE = (
    "result_gone",
    "the result is no longer on the machine that made it; delete the job and send the image again",
)


@dataclass
class Publisher:
    """What the thread does, one turn after the other; each turn may raise anything."""

    services: Services
    shift: Shift
    clock: Callable[[], float] = time.monotonic
    publishing: Backoff = field(default_factory=Backoff)
    """One publication that fails holds up all: it is the store that has failed."""
    removing: Backoff = field(default_factory=Backoff)
    """Apart from publishing: a store may let us put and not let us delete."""
    looking_ahead: Backoff = field(default_factory=lambda: Backoff(longest_s=AHEAD_LONGEST_S))
    stumbling: Backoff = field(default_factory=Backoff)
    """After what nobody has foreseen."""
    _ahead_due: float = 0.0
    _owed: Outcome = leave_alone
    """What the queue has to be told of a publication that something unforeseen has ended."""

    def turn(self) -> bool:
        """Do what is due; False when that was nothing."""
        if self.stumbling.is_pausing:
            return False
        settle(self._owed, self.shift)
        self._owed, self.shift.publication = leave_alone, None
        self._look_ahead()
        has_removed = self._remove()
        has_published = self._publish_one()
        self.stumbling.succeed()
        return has_removed or has_published

    def stumble(self, error: Exception) -> bool:
        """A turn has raised this: no other begins for a while. Always False; asks nobody."""
        self.stumbling.fail()
        claim, queue = self.shift.publication, self.services.queue
        if isinstance(error, (DatabaseUnavailable, OSError)):
            log.warning("the publisher pauses: %s", error)
            self._owed = partial(queue.give_back, claim) if claim else leave_alone
            return False
        number = secrets.token_hex(4)
        log.error("the publisher pauses: error %s", number, exc_info=error)
        if claim:
            why = f"something went wrong inside the service; the log tells more of error {number}"
            self._owed = partial(queue.put_off, claim, "internal_error", why, UNFORESEEN_S)
        return False

    def _look_ahead(self) -> None:
        if self.clock() < self._ahead_due or self.looking_ahead.is_pausing:
            return
        try:
            self.services.store.look_ahead(datetime.now(UTC).date())
        except (StoreUnavailable, OSError) as error:
            pause_s = self.looking_ahead.fail()
            log.warning("nothing is made ready for next month; again in %.0f s: %s", pause_s, error)
        else:
            self.looking_ahead.succeed()
            self._ahead_due = self.clock() + AHEAD_EVERY_S

    def _remove(self) -> bool:
        """Remove what deleted jobs have left, up to the first failure; False if none was due."""
        if self.removing.is_pausing:
            return False
        due = self.services.queue.removals_due()
        for removal in due:
            if self.shift.stopping:
                break
            if not clear_away(self.services, removal):
                self.removing.fail()
                break
            self.removing.succeed()
        return bool(due)

    def _publish_one(self) -> bool:
        """Publish the job that is longest due; False when none is."""
        if not self.services.publishes or self.publishing.is_pausing or self.shift.stopping:
            return False
        claim = self.services.queue.claim_publication(self.shift.owner)
        if claim is None:
            return False
        self.shift.publication = claim
        queue, every_s = self.services.queue, self.services.settings.heartbeat_s
        with self.shift.heartbeat(queue, claim, every_s=every_s) as heartbeat:
            settle(self._attempt(claim, heartbeat), self.shift)
        self.shift.publication = None
        self._clear_up(claim.job)
        return True

    def _attempt(self, claim: Claim, heartbeat: Heartbeat) -> Outcome:
        queue = self.services.queue
        try:
            self._publish(claim.job, heartbeat)
        except LeaseLost:
            return leave_alone
        except Cancelled:
            return stopped(queue, heartbeat)
        except FileExistsError:
            return partial(queue.fail, claim, *OTHER_BYTES)
        except NotStored:
            return partial(queue.fail, claim, *GONE)
        except (StoreUnavailable, OSError) as error:
            return self._later(claim, error)
        self.publishing.succeed()
        return partial(queue.finish, claim, claim.job.objects)

    def _publish(self, job: Job, heartbeat: Heartbeat) -> None:
        """Have all of the job's objects in the store, and see that people can open them."""

        def go_on() -> None:
            heartbeat.check()
            self.shift.go_on()

        for name in job.objects:
            heartbeat.confirm()
            self._copy(job.key(name), on_progress=go_on)
        self.services.store.ensure_opens(job.key(objects.RESULT))
        heartbeat.confirm()

    def _copy(self, key: str, *, on_progress: Callable[[], None]) -> None:
        staging, store = self.services.staging, self.services.store
        try:
            about = staging.stat(key)
        except NotStored:
            store.stat(key)
            return
        with disk.scratch(self.services.outgoing) as folder:
            staging.fetch(key, folder / "file")
            on_progress()
            store.put(
                key,
                folder / "file",
                content_type=about.content_type,
                download_name=about.download_name,
                on_progress=on_progress,
            )

    def _later(self, claim: Claim, error: StoreUnavailable | OSError) -> Outcome:
        if isinstance(error, OSError) and disk.is_full(error):
            code = "disk_full"
        else:
            code = "bucket_refused" if isinstance(error, StoreRefused) else "bucket_unavailable"
        delay_s = max(self.publishing.fail(), pause_after(claim.job.publish_tries + 1))
        log.warning("job %s is published later (%s): %s", claim.job.id, code, error)
        return partial(self.services.queue.put_off, claim, code, reason(error), delay_s)

    def _clear_up(self, job: Job) -> None:
        """Remove what the job no longer needs on this machine, or at all."""
        staging = self.services.staging
        try:
            state = self.services.queue.get(job.id).state
        except JobNotFound:
            objects.remove(staging, job)
            # Whoever deleted it may have looked before the last of it was put. If this fails, too,
            # the job's removal looks again.
            with suppress(StoreUnavailable, OSError):
                objects.remove(self.services.store, job)
            return
        if state == "done":
            objects.remove(staging, job, keeping=objects.PREVIEWS)
        elif state in ENDED:
            objects.remove(staging, job, keeping=(job.input_name, objects.INPUT_PREVIEW))
