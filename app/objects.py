"""What a job has in the stores: under which names, of which types, where, and how it goes away."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO, Protocol

from app.job import Job, NewJob
from app.labels import derived_name, input_name
from app.services import Services
from app.stores import NotStored, Store, StoredObject
from app.stores.store import nothing

CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".tif": "image/tiff",
    ".json": "application/json",
}
INPUT_PREVIEW = "input-preview.jpg"
INPUT_TILES = "input-tiles.tif"
RESULT = "result.tif"
RESULT_PNG = "result.png"
RESULT_PREVIEW = "result-preview.jpg"
PROVENANCE = "provenance.json"
QUALITY = "quality.json"
OVERLAYS = {
    name: f"quality-{name}.png"
    for name in ("blur", "saturation", "invented", "lost", "colours", "cycle")
}
"""Maps of quality, by their keys in `MAPS`, the code behind which web processes do not load."""
PREVIEWS = (INPUT_PREVIEW, RESULT_PREVIEW, *OVERLAYS.values())
"""Stay on this machine when the job is published, so that pages need no bucket to show them."""
ENDINGS = {
    INPUT_PREVIEW: "-preview.jpg",
    INPUT_TILES: "-tiles.tif",
    RESULT: "-he.tif",
    RESULT_PNG: "-he.png",
    RESULT_PREVIEW: "-he-preview.jpg",
    PROVENANCE: "-he.json",
    QUALITY: "-quality.json",
    **{file: f"-{file}" for file in OVERLAYS.values()},
}
"""What becomes of `.png` in the client's label when somebody saves an object."""


class Keyed(Protocol):
    """Whatever says under which keys a job's objects are: a job, or what is left of one."""

    @property
    def month(self) -> str:
        """First part of the keys."""

    @property
    def token(self) -> str:
        """Second part of the keys."""


def keep(
    store: Store,
    job: Job | NewJob,
    name: str,
    path: Path,
    *,
    on_progress: Callable[[], None] = nothing,
) -> StoredObject:
    """Put a file under the job's key of that name; FileExistsError when other bytes are there."""
    return store.put(
        f"{_prefix(job)}{name}",
        path,
        content_type=CONTENT_TYPES[Path(name).suffix],
        download_name=_download_name(job, name),
        on_progress=on_progress,
    )


def opened(services: Services, job: Job, name: str) -> tuple[StoredObject, BinaryIO]:
    """What is known of the job's object of that name, and its bytes, to be closed by the caller.

    Of this machine while it has the object, and of where people find it otherwise: it may move
    there at any moment. Raises NotStored, and what a store over a network raises.
    """
    return opened_under(services, job.key(name))


def opened_under(services: Services, key: str) -> tuple[StoredObject, BinaryIO]:
    """The same of an object's key."""
    try:
        return services.staging.stat(key), services.staging.open(key)
    except NotStored:
        if services.store is services.staging:
            raise
    return services.store.stat(key), services.store.open(key)


def file_of(services: Services, job: Job, name: str) -> BinaryIO:
    """The bytes of the job's object of that name, wherever it is, to be closed by the caller.

    Raises NotStored, and what a store over a network raises.
    """
    key = job.key(name)
    try:
        return services.staging.open(key)
    except NotStored:
        if services.store is services.staging:
            raise
    return services.store.open(key)


def remove(store: Store, job: Keyed, *, keeping: Collection[str] = ()) -> int:
    """Remove the job's objects, except those of the names to be kept; returns how many."""
    prefix = _prefix(job)
    keys = [key for key in store.keys(prefix) if key.removeprefix(prefix) not in keeping]
    for key in keys:
        store.delete(key)
    return len(keys)


def _prefix(job: Keyed) -> str:
    return f"{job.month}/{job.token}/"


def _download_name(job: Job | NewJob, name: str) -> str:
    if name in ENDINGS:
        return derived_name(job.name, ENDINGS[name])
    return input_name(job.name, Path(name).suffix)
