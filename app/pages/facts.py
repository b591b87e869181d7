"""What a job's page says of an image: facts, pictures and files. Nothing here knows of Flask."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from app import objects
from app.documents import JobDocument, ResultSize
from app.job import Job, Removal
from app.pages.words import count, duration, file_size, percent
from app.sentences import sentence
from app.stores.disposition import SHOWN
from cyclegan.errors import ModelError
from cyclegan.models.card import ModelCard
from cyclegan.models.catalogue import Catalogue

TINY_PX = 200
"""Images whose longer side is below this are shown enlarged, with visible pixels."""
NAMED = 8
"""Images that a sentence names; it counts the others."""


@dataclass(frozen=True)
class Picture:
    """A preview that the page shows."""

    title: str
    note: str
    alt: str
    link: str


@dataclass(frozen=True)
class File:
    """A file that can be saved."""

    title: str
    note: str
    link: str
    opens: bool
    """Whether a browser shows the file instead of saving it."""


def card_of(catalogue: Catalogue, name: str) -> ModelCard | None:
    """The card of a model; None when its package was taken away since."""
    try:
        return catalogue.card(name)
    except ModelError:
        return None


def facts(
    job: Job,
    *,
    result: ResultSize | None,
    card: ModelCard | None,
    retention_days: int | None = None,
) -> list[tuple[str, str]]:
    """Terms and their values about the image and its translation."""
    known = [
        ("Size", _size(job.width, job.height)),
        ("Pixel size", f"{job.mpp:.4g} µm" if job.mpp else "not known"),
        ("Model", card.title if card else job.model),
        ("Input file", file_size(job.input_bytes)),
    ]
    if result and (result.width, result.height) != (job.width, job.height):
        spacing = f", {result.mpp:.4g} µm each" if result.mpp else ""
        known.append(("Result", _size(result.width, result.height) + spacing))
    if result and result.blank_px:
        known.append(("Left white", percent(result.blank_px / (result.width * result.height))))
    if job.started and job.finished and job.state == "done":
        known.append(("Waited", duration((job.started - job.created).total_seconds())))
        known.append(("Took", duration(_worked_s(job, job.finished - job.started))))
    if job.finished and job.state == "done" and retention_days:
        known.append(("Kept until", f"{job.finished + timedelta(days=retention_days):%Y-%m-%d}"))
    if job.attempts > 1:
        known.append(("Attempts", str(job.attempts)))
    return known


def _size(width: int, height: int) -> str:
    return f"{count(width)} × {count(height)} px"


def pictures(document: JobDocument, *, card: ModelCard | None) -> list[Picture]:
    """The previews that are there: the input first, then the result."""
    links = document.links
    model = card.title if card else document.model
    shown = []
    if "input_preview" in links:
        alt = f"Input image {document.name}"
        shown.append(Picture("Input", "as it was read", alt, links["input_preview"]))
    if "result_preview" in links:
        alt = f"{document.name} as virtual H&E"
        shown.append(Picture("Virtual H&E", model, alt, links["result_preview"]))
    return shown


def files(job: Job, document: JobDocument, *, are_elsewhere: bool) -> list[File]:
    """The files that can be had, the result first; a browser saves no picture from elsewhere."""
    described = (
        ("result", objects.RESULT, "Result, TIFF", "full size, pyramid for slide viewers"),
        ("png", objects.RESULT_PNG, "Result, PNG", "full size, opens anywhere"),
        ("input", job.input_name, "Input", "as it was sent"),
        ("provenance", objects.PROVENANCE, "Record", "how the result was made, JSON"),
    )
    links: dict[str, str] = dict(document.links)  # type: ignore[arg-type]
    return [
        File(title, _with_size(note, job, name), links[link], are_elsewhere and _is_shown(name))
        for link, name, title, note in described
        if link in links
    ]


def provenance(job: Job) -> str:
    """The record of what made the result, as indented JSON; empty while there is none."""
    return json.dumps(job.provenance, indent=2, ensure_ascii=False) if job.provenance else ""


def is_tiny(job: Job) -> bool:
    """Whether the image is so small that a browser should show its pixels enlarged."""
    return max(job.height, job.width) < TINY_PX


def remaining(removals: Iterable[Removal]) -> list[tuple[str, str]]:
    """Why files of deleted images are still there, and the names of those images."""
    names: dict[str, list[str]] = {}
    for removal in removals:
        names.setdefault(sentence(removal.error or "it was not said why"), []).append(removal.name)
    return [(reason, _named(images)) for reason, images in names.items()]


def _named(images: list[str]) -> str:
    shown = ", ".join(images[:NAMED])
    return f"{shown} and {len(images) - NAMED} more" if len(images) > NAMED else shown


def _is_shown(name: str) -> bool:
    return objects.CONTENT_TYPES[Path(name).suffix] in SHOWN


def _with_size(note: str, job: Job, name: str) -> str:
    size = job.input_bytes if name == job.input_name else _recorded_size(job, name)
    return note if size is None else f"{file_size(size)}, {note}"


def _worked_s(job: Job, until_end: timedelta) -> float:
    """Seconds of translation, as the record says; a bucket that was away takes no part in it."""
    record: Any = job.provenance or {}
    seconds = record.get("timings", {}).get("seconds")
    return float(seconds) if isinstance(seconds, (int, float)) else until_end.total_seconds()


def _recorded_size(job: Job, name: str) -> int | None:
    """Bytes of a file of the result, as its record says; jobs of earlier versions have none."""
    record: Any = job.provenance or {}
    size = record.get("files", {}).get(name, {}).get("bytes")
    return size if isinstance(size, int) else None
