"""What a job has in the store: under which names, of which types, and how it goes away."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from app.job import Job, NewJob
from app.labels import derived_name, input_name
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
ENDINGS = {
    INPUT_PREVIEW: "-preview.jpg",
    RESULT: "-he.tif",
    RESULT_PNG: "-he.png",
    RESULT_PREVIEW: "-he-preview.jpg",
    PROVENANCE: "-he.json",
}
"""What becomes of `.png` in the client's label when somebody saves an object."""


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
    if name in ENDINGS:
        return derived_name(job.name, ENDINGS[name])
    return input_name(job.name, Path(name).suffix)
