"""Numbers and states in words, for templates; `static/js/words.js` says the same in browsers.

Pure functions of values: nothing here knows of Flask, the queue or the store.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime

from app.account import Role
from app.batch_documents import BatchDocument, BatchImage
from app.documents import JobDocument, instant
from app.job import ENDED, State
from app.pages.browsers import browser
from app.review import REASONS, Verdict
from app.sentences import sentence
from app.settings import ServeSettings

STATES: Mapping[State, str] = {
    "queued": "Waiting",
    "running": "Running",
    "publishing": "Storing",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}

VERDICTS: Mapping[Verdict | None, str] = {
    "accept": "Accepted",
    "reject": "Rejected",
    "unsure": "Unsure",
    None: "Verdict taken back",
}

DUTIES_HERE: Mapping[Role, str] = {
    "viewer": "viewer: looks at the images",
    "uploader": "uploader: also sends images",
    "reviewer": "reviewer: also judges results",
    "admin": "admin: also deletes images of others",
}
"""What each role may do in a project."""

PRIVACY: Mapping[str, str] = {
    "public": (
        "Whoever has the link to a file sees it, from anywhere and without a login, "
        "until the image is deleted."
    ),
    "signed": (
        "Whoever has the link to a file and reaches this service sees it, until the image is "
        "deleted; the link leads to an address that opens from anywhere for {hours}."
    ),
    "proxy": (
        "Whoever has the link to a file and reaches this service sees it, "
        "until the image is deleted."
    ),
}
"""What the setting `links` means for those who send an image."""
PRIVACY_OF_ACCOUNTS: Mapping[str, str] = {
    "public": PRIVACY["public"],
    "signed": (
        "An image opens after a login for you, for administrators and, if it is in a project, for "
        "its members; the link to a file leads to an address that opens from anywhere for {hours}."
    ),
    "proxy": (
        "An image opens after a login for you, for administrators and, if it is in a project, for "
        "its members."
    ),
}
"""The same where people log in."""

KEPT: Mapping[tuple[str, bool], str] = {
    ("local", False): "Images are kept on this service until you delete them.",
    ("bucket", False): "Images are kept in this service's cloud storage until you delete them.",
    ("bucket", True): (
        "Images are kept in this service's cloud storage for {days}, unless you delete them "
        "before; their small previews stay here until you do."
    ),
}
"""How long images are kept: where, and whether their age is limited."""


def file_size(size: int) -> str:
    """Bytes as "980 B", "12.4 MB" or "1 GB" (decimal units), rounded down to one digit."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{math.floor(value * 10) / 10:g} {unit}"


def count(number: int) -> str:
    """A whole number in groups of three digits: "12,345"."""
    return f"{number:,}"


def megapixels(pixels: int) -> str:
    """Height times width as "0.4 megapixels" or "120 megapixels", rounded down to one digit."""
    return f"{math.floor(pixels / 1e5) / 10:,.10g} megapixels"


def duration(seconds: float) -> str:
    """Seconds as "under a second", "12 s", "5 min 3 s" or "2 h 5 min"."""
    whole = round(seconds)
    if whole < 1:
        return "under a second"
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def percent(part: float) -> str:
    """A part of one as "37 %", rounded down, so that 100 % is the end."""
    return f"{math.floor(part * 100)} %"


def share(part: float | None) -> str:
    """A part of one as "37 %" or "under 1 %", to the nearest; "not known" for None."""
    if part is None:
        return "not known"
    if 0 < part < 0.01:
        return "under 1 %"
    return f"{part:.0%}".replace("%", " %")


def time_left(seconds: float | None) -> str:
    """Estimated seconds left as "about 40 s left"; empty while nothing is known."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 60:
        return f"about {math.ceil(seconds / 5) * 5} s left"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min left"
    return f"about {round(seconds / 3600)} h left"


def privacy(settings: ServeSettings) -> str:
    """Who sees what a link of this service leads to, in a sentence."""
    told = PRIVACY if settings.mode == "local" else PRIVACY_OF_ACCOUNTS
    return told[settings.links].format(hours=_counted(settings.link_hours, "hour"))


def kept(settings: ServeSettings) -> str:
    """How long images are kept, in a sentence; the days count only in a bucket."""
    place = "bucket" if settings.store == "gcs" else "local"
    days = settings.retention_days if place == "bucket" else None
    return KEPT[place, days is not None].format(days=_counted(days or 0, "day"))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def status_line(job: JobDocument | BatchImage) -> str:
    """What is happening to a job now; that of a batch does not tell its place in the queue."""
    lines: dict[State, Callable[[JobDocument | BatchImage], str]] = {
        "queued": _waiting,
        "running": _running,
        "publishing": lambda _: "Storing the result",
        "failed": lambda _: "Open it to see why",
        "cancelled": lambda _: "There is no result",
    }
    return lines[job.state](job) if job.state in lines else STATES[job.state]


def _waiting(job: JobDocument | BatchImage) -> str:
    position = job.position if isinstance(job, JobDocument) else None
    if position is None:
        return "Waiting for its turn"
    place = "next" if position == 1 else f"place {position}"
    return f"Waiting: {place} in the queue"


def _running(job: JobDocument | BatchImage) -> str:
    if not job.progress:
        return "Reading the image"
    return f"Translating: {percent(job.progress)}"


def hold_up(job: JobDocument) -> str:
    """Why a result is not yet where people find it; empty when nothing is in the way."""
    if job.publication is None:
        return ""
    attempts = _counted(job.publication.tries, "attempt")
    return f"Not stored after {attempts}: {sentence(job.publication.message)}"


def next_attempt(job: JobDocument) -> str:
    """When storing is tried again; empty when it was not tried in vain."""
    if job.publication is None:
        return ""
    return f"Trying again at {job.publication.next_try:%H:%M:%S} UTC"


def has_result(job: JobDocument | BatchImage) -> bool:
    """Whether there is a result to be seen, stored or not."""
    return "result" in job.links


def caution(image: BatchImage) -> str:
    """What is wrong with an image, and what can be done as long as it is not translated; or ""."""
    warnings = [told.sentence for told in image.verdicts if told.severity == "warning"]
    if warnings and image.state in {"queued", "running"}:
        warnings.append("If it was sent by mistake, cancel it.")
    return " ".join(warnings)


def title(job: JobDocument) -> str:
    """The page title of a job: how it stands, then its name."""
    if job.state == "running" and job.progress:
        return f"{percent(job.progress)} · {job.name}"
    return f"{STATES[job.state]} · {job.name}"


def utc(moment: datetime) -> str:
    """A moment for people, where no script turns it into their own zone."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def is_unfinished(job: JobDocument | BatchImage) -> bool:
    """Whether the job may still change by itself."""
    return job.state not in ENDED


IN_BATCH: Mapping[State, str] = {
    "failed": "failed",
    "cancelled": "cancelled",
    "publishing": "being stored",
    "running": "running",
    "queued": "waiting",
}
"""What the images of a batch are that are not done, the final states first."""


def batch_name(batch: BatchDocument) -> str:
    """The heading of a batch."""
    return "1 image" if batch.total == 1 else f"{batch.total} images sent together"


def batch_line(batch: BatchDocument) -> str:
    """How far the images of a batch are: "7 of 12 done · 1 failed · 4 waiting"."""
    others = [f"{batch.counts[state]} {word}" for state, word in IN_BATCH.items()]
    return " · ".join([_done(batch), *(part for part in others if not part.startswith("0 "))])


def batch_title(batch: BatchDocument) -> str:
    """The page title of a batch."""
    return f"{_done(batch)} · Images sent together"


def _done(batch: BatchDocument) -> str:
    done = batch.counts["done"]
    return f"All {done} done" if done == batch.total else f"{done} of {batch.total} done"


def is_unfinished_batch(batch: BatchDocument) -> bool:
    """Whether one of its images may still change by itself."""
    return any(count for state, count in batch.counts.items() if state not in ENDED)


FILTERS: Mapping[str, Callable[..., object]] = {
    "batch_line": batch_line,
    "batch_name": batch_name,
    "batch_title": batch_title,
    "reason_words": lambda reason: REASONS.get(reason, reason),
    "verdict_words": lambda verdict: VERDICTS[verdict],
    "browser": browser,
    "caution": caution,
    "count": count,
    "counted": _counted,
    "duty_here": lambda account: DUTIES_HERE[account.role],
    "file_size": file_size,
    "hold_up": hold_up,
    "instant": instant,
    "megapixels": megapixels,
    "next_attempt": next_attempt,
    "sentence": sentence,
    "share": share,
    "state_word": lambda job: STATES[job.state],
    "status_line": status_line,
    "time_left": time_left,
    "title_words": title,
    "utc": utc,
}
"""Template filters by name."""
TESTS: Mapping[str, Callable[..., bool]] = {
    "unfinished": is_unfinished,
    "unfinished_batch": is_unfinished_batch,
    "with_result": has_result,
}
"""Template tests by name."""
