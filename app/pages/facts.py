"""What a job's page says of an image: facts, pictures and files. Nothing here knows of Flask."""

from __future__ import annotations

import json
from dataclasses import dataclass

from app.documents import JobDocument
from app.job import Job
from app.pages.words import count, duration, file_size
from app.stores.store import NotStored, Store
from cyclegan.models.card import ModelCard

TINY_PX = 200
"""Images whose longer side is below this are shown enlarged, with visible pixels."""


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


def facts(job: Job, *, card: ModelCard | None) -> list[tuple[str, str]]:
    """Terms and their values about the image and its translation."""
    known = [
        ("Size", f"{count(job.width)} × {count(job.height)} px"),
        ("Pixel size", f"{job.mpp:.4g} µm" if job.mpp else "not known"),
        ("Model", card.title if card else job.model),
        ("Input file", file_size(job.input_bytes)),
    ]
    if job.started and job.finished and job.state == "done":
        known.append(("Waited", duration((job.started - job.created).total_seconds())))
        known.append(("Took", duration((job.finished - job.started).total_seconds())))
    if job.attempts > 1:
        known.append(("Attempts", str(job.attempts)))
    return known


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


def files(job: Job, document: JobDocument, *, store: Store) -> list[File]:
    """The files that can be saved, the result first."""
    described = (
        ("result", "result.tif", "Result, TIFF", "full size, pyramid for slide viewers"),
        ("png", "result.png", "Result, PNG", "full size, opens anywhere"),
        ("input", job.input_name, "Input", "as it was sent"),
    )
    links: dict[str, str] = dict(document.links)  # type: ignore[arg-type]
    return [
        File(title, _with_size(note, store, job.key(name)), links[link])
        for link, name, title, note in described
        if link in links
    ]


def provenance(job: Job) -> str:
    """The record of what made the result, as indented JSON; empty while there is none."""
    return json.dumps(job.provenance, indent=2, ensure_ascii=False) if job.provenance else ""


def is_tiny(job: Job) -> bool:
    """Whether the image is so small that a browser should show its pixels enlarged."""
    return max(job.height, job.width) < TINY_PX


def _with_size(note: str, store: Store, key: str) -> str:
    try:
        return f"{file_size(store.stat(key).size)}, {note}"
    except NotStored:
        return note
