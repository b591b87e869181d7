"""The retraining set: accepted inputs as files, with a record of where each comes from.

The folder is made anew each time, beside the old one, and takes its place when it is complete. The
same reviews give the same bytes; what was deleted or is no longer accepted is not in the new one.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import disk, objects
from app.documents import instant, result_size
from app.job import Job
from app.review import Review
from app.reviews import Reviewed
from app.sample import Candidate, choose, is_held_out
from app.scope import EVERYBODYS
from app.services import Services
from cyclegan.errors import SettingsError
from cyclegan.images.region import Region
from cyclegan.remnants import keep_part, remnants

MANIFEST = "manifest.json"
TRAINING = "train"
HELD_OUT = "held-out"
AS_MODEL = "as-the-model"
"""Folder of images whose pixel size nobody knew: the service read them at that of the model."""


@dataclass(frozen=True)
class Wanted:
    """What of the accepted images is taken."""

    limit: int
    """Images to learn from, at most."""
    cap: float
    """The part of them that one sender has at most, 0..1."""
    spacing_um: float | None
    """µm per pixel at which they will be read."""
    smallest_px: float
    """Height and width that a picture must have then."""


@dataclass(frozen=True)
class Accepted:
    """An accepted input, and the review that counts for it."""

    job: Job
    review: Review

    @property
    def candidate(self) -> Candidate:
        """What the choice goes by."""
        job = self.job
        tissue = self.review.tissue.casefold()
        return Candidate(job.input_sha256, job.month, tissue, job.user)


@dataclass(frozen=True)
class Collected:
    """What the set holds."""

    training: tuple[dict[str, Any], ...]
    """Manifest entries of the images to learn from."""
    held_out: tuple[dict[str, Any], ...]
    left_out: tuple[dict[str, Any], ...]
    """Accepted images that are not in it, each with the reason."""

    def spacings(self, part: str) -> dict[str, tuple[float | None, int]]:
        """The folders of a part, with the µm per pixel of their files and how many images."""
        found: dict[str, tuple[float | None, int]] = {}
        for entry in self.training if part == TRAINING else self.held_out:
            folder = Path(entry["files"][0]["path"]).parent.as_posix()
            found[folder] = (entry["spacing_um"], found.get(folder, (None, 0))[1] + 1)
        return dict(sorted(found.items()))


def accepted(services: Services) -> list[Accepted]:
    """The inputs of which the newest review says accept, each content once, by their SHA-256."""
    newest: dict[str, Reviewed] = {}
    for found in services.reviews.all(whose=EVERYBODYS, state="reviewed"):
        earlier = newest.get(found.job.input_sha256)
        if earlier is None or _moment(found) > _moment(earlier):
            newest[found.job.input_sha256] = found
    return [
        Accepted(found.job, found.review)
        for _, found in sorted(newest.items())
        if found.review is not None and found.review.verdict == "accept"
    ]


def collect(services: Services, folder: Path, wanted: Wanted) -> Collected:
    """Write images and manifest into a new folder; raises what the store and the disk raise."""
    found = {one.job.input_sha256: one for one in accepted(services)}
    held = [sha256 for sha256 in found if is_held_out(sha256)]
    rest = [one.candidate for sha256, one in found.items() if not is_held_out(sha256)]
    chosen = [one.sha256 for one in choose(rest, limit=wanted.limit, cap=wanted.cap)]
    passed_over = sorted({one.sha256 for one in rest} - set(chosen))
    left_out = [_left(found[sha256], "others of its kind came first") for sha256 in passed_over]
    parts: dict[str, list[dict[str, Any]]] = {TRAINING: [], HELD_OUT: []}
    with disk.scratch(folder / ".scratch") as scratch:
        for part, members in ((TRAINING, chosen), (HELD_OUT, held)):
            for sha256 in members:
                entry = _keep(services, found[sha256], folder / part, wanted, scratch)
                if entry["files"]:
                    parts[part].append(entry)
                else:
                    left_out.append(_left(found[sha256], "too little of it is large enough"))
    (folder / ".scratch").rmdir()
    collected = Collected(tuple(parts[TRAINING]), tuple(parts[HELD_OUT]), tuple(left_out))
    _write_manifest(folder / MANIFEST, collected)
    return collected


def replace(fresh: Path, folder: Path) -> None:
    """Put a complete new set in the place of an older one.

    Raises SettingsError when what lies there is something else.
    """
    require_replaceable(folder)
    if folder.exists():
        old = fresh.with_name(f"{fresh.name}-old")
        folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old)
    else:
        fresh.rename(folder)


def require_replaceable(folder: Path) -> None:
    """Raise SettingsError unless the folder is a set, empty or not there."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise SettingsError(
            f"the folder {folder.name} holds something else than a retraining set; name another "
            "by --out"
        )


def _moment(found: Reviewed) -> tuple[Any, str]:
    if found.review is None:
        raise ValueError("only what was reviewed has a moment")
    return found.review.created, found.job.id


def _keep(
    services: Services, one: Accepted, folder: Path, wanted: Wanted, scratch: Path
) -> dict[str, Any]:
    """Write the image, or the parts of it that were not rejected; its entry in the manifest."""
    job = one.job
    place = folder / (AS_MODEL if job.mpp is None else f"{job.mpp:.6g}um")
    disk.make_folder(place)
    holes = _rejected(one)
    smallest = _smallest(job, wanted)
    stem, suffix = job.input_sha256[:16], Path(job.input_name).suffix
    pieces = remnants(job.height, job.width, holes, smallest_px=smallest)
    if not holes:
        written = [_fetch(services, job, place / f"{stem}{suffix}")] if pieces else []
    else:
        written = list(_cut(services, job, pieces, place / stem, scratch))
    return {
        **_origin(one),
        "spacing_um": wanted.spacing_um if job.mpp is None else job.mpp,
        "rejected_regions": len(holes),
        "files": [_file(path, folder.parent) for path in written],
    }


def _fetch(services: Services, job: Job, target: Path) -> Path:
    _, source = objects.opened(services, job, job.input_name)
    with source:
        digest = disk.write(disk.pieces(source), target)
    if digest.sha256 != job.input_sha256:
        raise SettingsError(f"the input of {job.name} is damaged in the store; delete that job")
    return target


def _cut(
    services: Services, job: Job, pieces: Sequence[Region], stem: Path, scratch: Path
) -> Iterator[Path]:
    whole = _fetch(services, job, scratch / job.input_name)
    for number, piece in enumerate(pieces, start=1):
        target = stem.with_name(f"{stem.name}-{number}.png")
        keep_part(whole, target, piece, scratch=scratch)
        yield target
    whole.unlink()


def _rejected(one: Accepted) -> list[Region]:
    """The rejected regions of an accepted result, as rectangles in px of its input."""
    size = result_size(one.job)
    if size is None:
        return []
    down, across = one.job.height / size.height, one.job.width / size.width
    holes = []
    for region in one.review.regions:
        if region.verdict == "reject":
            top, left, bottom, right = region.box
            y, x = math.floor(top * down), math.floor(left * across)
            height, width = math.ceil(bottom * down) - y, math.ceil(right * across) - x
            holes.append(Region(y, x, height, width))
    return holes


def _smallest(job: Job, wanted: Wanted) -> int:
    scale = (wanted.spacing_um / job.mpp) if wanted.spacing_um and job.mpp else 1.0
    return math.ceil(wanted.smallest_px * scale)


def _origin(one: Accepted) -> dict[str, Any]:
    job, review = one.job, one.review
    return {
        "sha256": job.input_sha256,
        "job": job.id,
        "name": job.name,
        "month": job.month,
        "sender": job.user,
        "model": job.model,
        "tissue": review.tissue,
        "reason": review.reason,
        "reviewer": review.reviewer,
        "reviewed": instant(review.created),
    }


def _left(one: Accepted, why: str) -> dict[str, Any]:
    return {**_origin(one), "left_out": why}


def _file(path: Path, root: Path) -> dict[str, Any]:
    digest = disk.digest_of(path)
    place = path.relative_to(root).as_posix()
    return {"path": place, "sha256": digest.sha256, "bytes": digest.size}


def _write_manifest(path: Path, collected: Collected) -> None:
    content = {
        "version": 1,
        "training": collected.training,
        "held_out": collected.held_out,
        "left_out": collected.left_out,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    path.write_text(f"{text}\n", encoding="utf-8")
