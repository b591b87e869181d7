"""What a job has in the store: under which names, of which types, and how it goes away."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from app.job import Job, NewJob
from app.labels import input_name, result_name
from app.stores import Store, StoredObject

CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".tif": "image/tiff",
    ".json": "application/json",
}
INPUT_PREVIEW = "input-preview.jpg"
RESULT = "result.tif"
RESULT_PNG = "result.png"
RESULT_PREVIEW = "result-preview.jpg"
PROVENANCE = "provenance.json"


def keep(store: Store, job: Job | NewJob, name: str, path: Path) -> StoredObject:
    """Put a file under the job's key of that name; FileExistsError when other bytes are there."""
    return store.put(
        f"{_prefix(job)}{name}",
        path,
        content_type=CONTENT_TYPES[Path(name).suffix],
        download_name=_download_name(job, name),
    )


def remove(store: Store, job: Job | NewJob, *, keeping: Collection[str] = ()) -> None:
    """Remove the job's objects, except those of the names to be kept."""
    for key in list(store.keys(_prefix(job))):
        if key.removeprefix(_prefix(job)) not in keeping:
            store.delete(key)


def _prefix(job: Job | NewJob) -> str:
    return f"{job.month}/{job.token}/"


def _download_name(job: Job | NewJob, name: str) -> str:
    suffix = Path(name).suffix
    if name == job.input_name:
        return input_name(job.name, suffix)
    if name == INPUT_PREVIEW:
        return input_name(job.name, f"-preview{suffix}")
    return result_name(job.name, name.removeprefix("result") if "preview" in name else suffix)
