"""The worker: claims jobs one after the other, translates and finishes them.

    python -m app.worker local|server

One process owns the device. It may be killed at any moment: the next one takes up what it held.
Where results have a way to go, to a bucket, a thread of it publishes them: `app.publisher`. Another
one has regions translated meanwhile, by a process that ends with this one: `app.trying`.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Protocol, TypeVar

from app import disk, objects
from app.database import DatabaseUnavailable
from app.heartbeat import Heartbeat
from app.jobs import Claim, Job, JobNotFound, LeaseLost
from app.outcome import Outcome, code_of, leave_alone, settle, stopped
from app.publication import publish
from app.publisher import Publisher
from app.services import Services, open_services
from app.settings import MODES, ServeSettings, load_settings
from app.shift import Shift
from app.signals import on_stop
from app.sweeping import Sweeper
from app.translation import translate_job
from app.trying import Trier
from app.workplace import is_over, workplace
from cyclegan.engines.engine import Watch
from cyclegan.errors import Cancelled, ColorMapperError

log = logging.getLogger("app.worker")

IDLE_S = 0.3
"""How long an idle worker sleeps between two looks at the queue."""
FAREWELL_S = 7.0
"""What has not come to an end so long after the worker was asked to is cut off."""
SCARCE_BYTES = 64 * 2**20
"""A disk with less room is full by itself, not by the job that met its end."""
EXIT_HUNG = 70

T = TypeVar("T")


def run(services: Services, shift: Shift) -> None:
    """Work until the shift is asked to end."""
    sweeper = Sweeper(services)
    while not shift.stopping:
        try:
            shift.show(services.queue, every_s=services.settings.heartbeat_s)
            sweeper.sweep_if_due()
            if shift.pausing or not run_one(services, shift):
                time.sleep(IDLE_S)
        except (DatabaseUnavailable, OSError) as error:
            log.warning("the worker pauses: %s", error)
            shift.pause()
            _sit_out(shift)


def _sit_out(shift: Shift) -> None:
    """Wait until the pause is over; nothing else can be done that would not fail at once."""
    while shift.pausing and not shift.stopping:
        time.sleep(IDLE_S)


def run_one(services: Services, shift: Shift | None = None) -> bool:
    """Claim the job whose turn it is and bring it to some end; False when none waits."""
    shift = shift or Shift()
    claim = services.queue.claim(shift.owner)
    if claim is None:
        return False
    shift.claim = claim
    log.info("job %s: attempt %d", claim.job.id, claim.job.attempts)
    every_s = services.settings.heartbeat_s
    with shift.heartbeat(services.queue, claim, every_s=every_s) as heartbeat:
        attempt = partial(_attempt, services, shift, claim, heartbeat)
        settle(guarded(attempt, partial(_unexpected, services, shift, claim)), shift)
    shift.claim = None
    _clear_up(services, claim)
    return True


def guarded(work: Callable[[], T], unforeseen: Callable[[Exception], T]) -> T:
    """What the work returns, or what is made of whatever it raises: the service goes on."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - one bad job must not end the others' service
        return unforeseen(error)


def _attempt(services: Services, shift: Shift, claim: Claim, heartbeat: Heartbeat) -> Outcome:
    queue = services.queue
    try:
        names = _perform(services, shift, claim, heartbeat)
    except LeaseLost:
        return leave_alone
    except Cancelled:
        return stopped(queue, heartbeat)
    except ColorMapperError as error:
        return partial(queue.fail, claim, code_of(type(error).__name__), str(error))
    return partial(queue.hand_over if services.publishes else queue.finish, claim, names)


def _perform(
    services: Services, shift: Shift, claim: Claim, heartbeat: Heartbeat
) -> tuple[str, ...]:
    """Translate, unless an earlier attempt came to that point, and keep the results here.

    Returns the names of all objects of the job.
    """
    job, place = claim.job, workplace(services.work, claim)
    if not place.finished.is_dir():
        place.enter()
        translate_job(
            services,
            job,
            shift.shelf.take(services.catalogue, job.model, services.settings),
            place,
            watch=Watch(
                on_progress=heartbeat.progress,
                cancelled=lambda: shift.stopping or heartbeat.cancel_asked or heartbeat.lost,
            ),
            harmless=partial(guarded, unforeseen=partial(_unassessed, job)),
        )
        heartbeat.confirm()
        place.finish()
    services.queue.publishing(claim, place.provenance())

    def go_on(ask: Callable[[], None]) -> None:
        ask()
        shift.go_on()

    names = publish(
        services.staging,
        job,
        place.finished,
        confirm=partial(go_on, heartbeat.confirm),
        on_progress=partial(go_on, heartbeat.check),
    )
    return job.input_name, objects.INPUT_PREVIEW, *names


def _unassessed(job: Job, error: Exception) -> None:
    """A result is complete without a word on its quality."""
    if isinstance(error, (Cancelled, LeaseLost, DatabaseUnavailable)):
        raise error
    log.error("job %s: its quality remains unknown", job.id, exc_info=error)


def _unexpected(services: Services, shift: Shift, claim: Claim, error: Exception) -> Outcome:
    place = workplace(services.work, claim)
    place.leave()
    if isinstance(error, DatabaseUnavailable):
        shift.pause()
        return partial(services.queue.give_back, claim)
    # It must not be what fills the disk, or what an error comes from at each attempt.
    place.forget()
    if isinstance(error, OSError) and disk.is_full(error):
        shift.pause()
        return _no_room(services, claim)
    number = secrets.token_hex(4)
    log.error("job %s: error %s", claim.job.id, number, exc_info=error)
    message = f"something went wrong inside the service; the log tells more under error {number}"
    return partial(services.queue.retry, claim, "internal_error", message)


def _no_room(services: Services, claim: Claim) -> Outcome:
    log.warning("job %s: the disk is full", claim.job.id)
    if shutil.disk_usage(services.work).free < SCARCE_BYTES:
        return partial(services.queue.give_back, claim)
    message = "the result needs more room than the disk of the service has; tell whoever runs it"
    return partial(services.queue.retry, claim, "disk_full", message)


def _clear_up(services: Services, claim: Claim) -> None:
    """Remove what the attempt has left and nobody will ask for."""
    place = workplace(services.work, claim)
    place.leave()
    try:
        job = services.queue.get(claim.job.id)
    except JobNotFound:
        place.clear()
        objects.remove(services.staging, claim.job)
        return
    if is_over(job):
        place.clear()
    if job.state in {"failed", "cancelled"}:
        objects.remove(services.staging, job, keeping=(job.input_name, objects.INPUT_PREVIEW))


class Aside(Protocol):
    """Work that goes on beside the jobs, one turn after the other; each turn may raise anything."""

    def turn(self) -> bool:
        """Do what is due; False when that was nothing."""

    def stumble(self, error: Exception) -> bool:
        """A turn has raised this: no other begins for a while. Always False; asks nobody."""


def keep_on(aside: Aside, shift: Shift) -> None:
    """Do what is due until the shift is asked to end; for a thread of its own."""
    while not shift.stopping:
        if not guarded(aside.turn, aside.stumble):
            time.sleep(IDLE_S)


def work(services: Services, shift: Shift) -> None:
    """Work and publish until this process is asked to end; for its main thread."""

    def end() -> None:
        shift.stopping = True
        time.sleep(FAREWELL_S)
        log.warning("what is being done is cut off; it goes back to the queue")
        for claim in filter(None, (shift.claim, shift.publication)):
            with suppress(LeaseLost, DatabaseUnavailable, OSError):
                services.queue.give_back(claim)
        with suppress(DatabaseUnavailable, OSError):
            services.queue.forget_worker(shift.owner)
        os._exit(0)

    on_stop(end)
    log.info("working on %s as %s", shift.device, shift.owner)
    trier = Trier(services, shift)
    asides: dict[str, Aside] = {"publisher": Publisher(services, shift), "regions": trier}
    threads = [
        Thread(target=keep_on, args=(aside, shift), name=name, daemon=True)
        for name, aside in asides.items()
    ]
    for thread in threads:
        thread.start()
    run(services, shift)
    for thread in threads:
        thread.join()
    trier.close()
    with suppress(DatabaseUnavailable, OSError):
        services.queue.forget_worker(shift.owner)


def main(arguments: list[str]) -> int:
    """Work in the mode that the argument names; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in MODES:
        sys.stderr.write(f"usage: python -m app.worker {'|'.join(MODES)}\n")
        return 2
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format=form)
    try:
        settings = load_settings(os.environ, mode=MODES[arguments[0]])
        # Nothing else can wake a thread that hangs; whoever started the worker starts it again.
        hung = partial(os._exit, EXIT_HUNG)
        shift = Shift(device=_device(settings), on_hang=hung)
        work(open_services(settings), shift)
    except ColorMapperError as error:
        sys.stderr.write(f"the worker cannot start: {error}\n")
        return 1
    return 0


def _device(settings: ServeSettings) -> str:
    """What engines will compute on; torch, which loads slowly, is asked only about a card."""
    if settings.device != "auto" or not any(Path("/dev").glob("nvidia[0-9]*")):
        return "cuda" if settings.device == "cuda" else "cpu"
    from cyclegan.device import choose_device

    return choose_device().type


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
