"""The objects of deleted jobs: gone at once where that is possible, and later where it is not.

A job's deletion leaves a row that says what is to be removed. It is forgotten only when a look
some time later finds nothing: a worker that was in the middle of a put may have ended it since.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from app import objects
from app.backoff import pause_after
from app.job import Removal
from app.jobs import JobNotFound
from app.services import Services
from app.stores import Store, StoreUnavailable

log = logging.getLogger(__name__)

RECHECK = timedelta(seconds=60)
"""A put that has lost its job notices within this time, and ends."""


def clear_away(services: Services, removal: Removal) -> bool:
    """Remove what is left of a job, as far as it can be done now, and let the queue know.

    False when something remains. It ends at the first failure, so that a store that does not
    answer is waited for once.
    """
    try:
        found = sum(_empty(services, place, removal) for place in _places(services, removal))
    except (StoreUnavailable, OSError) as error:
        log.warning("a deleted job still has objects: %s", error)
        services.queue.put_off_removal(removal, reason(error), pause_after(removal.tries + 1))
        return False
    if found or datetime.now(UTC) - removal.since < RECHECK:
        services.queue.put_off_removal(removal, None, RECHECK.total_seconds())
    else:
        services.queue.forget_removal(removal)
    return True


def reason(error: StoreUnavailable | OSError) -> str:
    """The error in a sentence for people; a store's own message is one."""
    if isinstance(error, OSError):
        return f"the disk or the network failed ({error.strerror or type(error).__name__})"
    return str(error)


def _empty(services: Services, place: Store, removal: Removal) -> int:
    if place is not services.staging:
        place.check()  # It asks but once: nobody who deletes waits for retries.
    return objects.remove(place, removal)


def _places(services: Services, removal: Removal) -> list[Store]:
    """A job that was only cancelled keeps its input on this machine."""
    places = [services.store] if services.publishes else []
    try:
        services.queue.by_token(removal.token)
    except JobNotFound:
        return [services.staging, *places]
    return places
