"""Regions are translated while jobs run: by a process of their own, which this thread looks after.

Whoever draws a region waits for it, and a job may take an hour. So a thread of the worker's process
takes trials in turn, gives the bench their images and keeps what comes of them. Everything that
goes wrong with a trial ends that trial only.

    tried/<job id>/<trial id>.part/    being written
    tried/<job id>/<trial id>/         he.png and input.jpg, until the trial is forgotten
"""

from __future__ import annotations

import logging
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from app import disk
from app.backoff import Backoff
from app.bench import Bench, BenchError
from app.database import DatabaseUnavailable
from app.job import Job
from app.jobs import JobNotFound, LeaseLost
from app.outcome import Outcome, leave_alone, settle
from app.owner import is_alive
from app.refusals import InputGone
from app.services import Services
from app.shift import Shift
from app.stores import NotStored, StoreUnavailable
from app.trial import Made, Order, Trial
from cyclegan.errors import Cancelled

log = logging.getLogger(__name__)

IDLE_S = 300.0
"""How long images and models stay open for the next region; then their memory is given back."""
BEAT_S = 2.0
"""How soon it is noticed that nobody wants a region any more."""
NO_ROOM = "the disk of the service is full; delete images that are not needed or try later"


@dataclass
class Trier:
    """What the thread does, one turn after the other; each turn may raise anything."""

    services: Services
    shift: Shift
    clock: Callable[[], float] = time.monotonic
    stumbling: Backoff = field(default_factory=Backoff)
    """After what nobody has foreseen, and while the database is away."""
    bench: Bench = field(init=False)
    _held: Trial | None = None
    _owed: Outcome = leave_alone
    """What has to be told of a trial that something unforeseen has ended."""
    _image: Path | None = None
    """The file of the image that is on the bench, named after its job."""
    _scratch: ExitStack = field(default_factory=ExitStack)
    _used: float = 0.0
    _looked: float = -BEAT_S

    def __post_init__(self) -> None:
        self.bench = Bench(self.services.settings)

    def turn(self) -> bool:
        """Do the trial whose turn it is; False when none waits."""
        if self.stumbling.is_pausing:
            return False
        settle(self._owed, self.shift)
        self._owed = leave_alone
        self._take_from_the_dead()
        trial = self._held = self.services.trials.claim(self.shift.owner)
        if trial is None:
            if self._image and self.clock() - self._used > IDLE_S:
                self.close()
            return False
        log.info("region %s: attempt %d", trial.id, trial.attempts)
        settle(self._attempt(trial), self.shift)
        self._held, self._used = None, self.clock()
        self.stumbling.succeed()
        return True

    def stumble(self, error: Exception) -> bool:
        """A turn has raised this: no other begins for a while. Always False; asks nobody."""
        self.stumbling.fail()
        trial, self._held = self._held, None
        if isinstance(error, DatabaseUnavailable):
            log.warning("no regions are translated for a while: %s", error)
            self._owed = partial(self.services.trials.give_back, trial) if trial else leave_alone
            return False
        number = secrets.token_hex(4)
        log.error("no regions are translated for a while: error %s", number, exc_info=error)
        if trial:
            why = f"something went wrong inside the service; the log tells more of error {number}"
            self._owed = partial(self.services.trials.fail, trial, "internal_error", why)
        return False

    def close(self) -> None:
        """End the process and give back what it needed."""
        self.bench.close()
        self._scratch.close()
        self._image = None

    def _take_from_the_dead(self) -> None:
        if self.clock() - self._looked >= self.services.settings.heartbeat_s:
            self._looked = self.clock()
            self.services.trials.release_dead(is_alive)

    def _attempt(self, trial: Trial) -> Outcome:
        trials, fail = self.services.trials, partial(self.services.trials.fail, trial)
        try:
            made = self._make(trial)
        except (LeaseLost, JobNotFound):
            return leave_alone
        except Cancelled:
            return partial(trials.give_back, trial)
        except (BenchError, InputGone, StoreUnavailable, OSError) as error:
            return partial(fail, *_why(error))
        return partial(trials.finish, trial, made)

    def _make(self, trial: Trial) -> Made:
        job = self.services.queue.get(trial.job)
        done = self.services.tried / job.id / trial.id
        part = done.with_suffix(".part")
        for folder in (done, part):
            shutil.rmtree(folder, ignore_errors=True)
        disk.make_folder(part)
        try:
            image = self._fetched(job, partial(self._go_on, trial))
            order = Order(
                image=job.id,
                path=str(image),
                scratch=str(image.parent),
                mpp=job.mpp,
                model=trial.model,
                region=trial.region,
                folder=str(part),
            )
            made = self.bench.make(order, partial(self._go_on, trial))
            try:
                part.rename(done)
            except FileNotFoundError as error:
                raise LeaseLost("the job was deleted meanwhile") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return made

    def _fetched(self, job: Job, go_on: Callable[[], None]) -> Path:
        """The image of a job in a folder of its own, where it stays until another one is wanted."""
        if self._image and self._image.parent.is_dir() and self._image.stem == job.id:
            return self._image
        self.close()
        folder = self._scratch.enter_context(disk.scratch(self.services.bench))
        image = folder / f"{job.id}{Path(job.input_name).suffix}"
        try:
            self._fetch(job, image, go_on)
        except NotStored as error:
            raise InputGone from error
        self._image = image
        return image

    def _fetch(self, job: Job, image: Path, go_on: Callable[[], None]) -> None:
        key = job.key(job.input_name)
        try:
            self.services.staging.fetch(key, image)  # by a second name, where that can be
        except NotStored:
            if not self.services.publishes:
                raise
            with self.services.store.open(key) as file:
                disk.write(_watched(disk.pieces(file), go_on), image)

    def _go_on(self, trial: Trial) -> None:
        """Raise LeaseLost when nobody wants the trial, and Cancelled when the worker shall end."""
        self.shift.go_on()
        if self.clock() - self._used >= min(BEAT_S, self.services.settings.heartbeat_s):
            self._used = self.clock()
            self.services.trials.heartbeat(trial)


def _why(error: BenchError | InputGone | StoreUnavailable | OSError) -> tuple[str, str]:
    """Code and sentence for a trial that cannot be made; raises what is no such reason."""
    if isinstance(error, BenchError):
        return error.code, str(error)
    if isinstance(error, InputGone):
        return "input_gone", str(error)
    if isinstance(error, StoreUnavailable):
        return "store_unavailable", str(error)
    if disk.is_full(error):
        return "disk_full", NO_ROOM
    raise error


def _watched(pieces: Iterator[bytes], go_on: Callable[[], None]) -> Iterator[bytes]:
    for piece in pieces:
        go_on()
        yield piece
