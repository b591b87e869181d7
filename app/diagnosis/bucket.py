"""A bucket as a whole: whether it is there, whose access it grants, and for how long it keeps."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagnosis.finding import Finding
from app.settings import ServeSettings
from app.stores.gcs_examination import Examination, Nature, NotThere, endpoint
from app.stores.store import StoreRefused, StoreUnavailable


def check_bucket(
    settings: ServeSettings,
    examination: Examination,
    name: str,
    *,
    is_in_use: bool,
    set_retention: bool,
) -> Iterator[Finding]:
    """What it is; one that is not in use yet may be missing for a while.

    Raises StoreUnavailable when it is in use and nothing more can be asked of it.
    """
    try:
        nature = examination.look(name)
    except StoreUnavailable as error:
        yield _unseen(error, is_in_use=is_in_use)
        if is_in_use and not _is_hidden(error):
            raise
        return
    yield Finding("ok", "bucket", f"gs://{name} is there, in {nature.location}")
    yield _access(settings, examination, nature)
    yield _retention(settings, examination, nature, set_retention=set_retention)


def _unseen(error: StoreUnavailable, *, is_in_use: bool) -> Finding:
    if _is_hidden(error):
        # The service does without: it takes the access for uniform, as it mostly is.
        return Finding("warn", "bucket", f"what it is cannot be seen: {error}")
    cure = "" if isinstance(error, StoreRefused) else f"Ask it by hand: curl -I {endpoint()}"
    return Finding("bad" if is_in_use else "warn", "bucket", str(error), cure)


def _is_hidden(error: StoreUnavailable) -> bool:
    """Whether the account only lacks the right to look at the bucket."""
    return isinstance(error, StoreRefused) and not isinstance(error, NotThere)


def _access(settings: ServeSettings, examination: Examination, nature: Nature) -> Finding:
    kind = "uniform" if nature.is_uniform else "fine-grained"
    text = f"gs://{nature.name} has {kind} access"
    if not nature.is_prevented:
        return Finding("ok", "access", text)
    if settings.links != "public":
        return Finding("ok", "access", f"{text}, and nothing in it can be public")
    place = examination.place(nature.name)
    cure = f"Run: {place.allow_public()} -- or choose links: signed or links: proxy"
    return Finding(
        "bad", "access", f"{text} and prevents public access: links open for nobody", cure
    )


def _retention(
    settings: ServeSettings, examination: Examination, nature: Nature, *, set_retention: bool
) -> Finding:
    wanted = settings.retention_days
    if set_retention and nature.retention_days != wanted:
        try:
            nature = examination.retain(nature.name, wanted)
        except StoreUnavailable as error:
            return Finding("bad", "retention", f"the rule could not be set: {error}")
    text = f"gs://{nature.name} {_kept(nature.retention_days)}"
    if nature.retention_days == wanted:
        return Finding("ok", "retention", text)
    text += f"; the settings want that it {_kept(wanted)}"
    cure = f"Run: .venv/bin/python scripts/doctor.py {settings.mode} --set-retention"
    return Finding("warn", "retention", text, cure)


def _kept(days: int | None) -> str:
    if days is None:
        return "keeps objects until they are deleted"
    return f"removes objects at an age of {days} days"
