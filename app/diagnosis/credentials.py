"""The credentials for Google Cloud: whose they are, and whether Google takes them."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagnosis.finding import Finding
from app.stores.gcs_examination import Examination
from app.stores.store import StoreUnavailable

SUBJECT = "credentials"


def check_credentials(examination: Examination) -> Iterator[Finding]:
    """Whose they are and which project they are of; raises StoreUnavailable if they fail."""
    who = ": ".join(filter(None, (examination.kind, examination.account)))
    try:
        examination.prove()
    except StoreUnavailable as error:
        yield Finding("bad", SUBJECT, f"{who}; {error}")
        raise
    if examination.is_login:
        text = f"{who}; the service stops publishing when that person's access ends"
        cure = "Attach a service account to the machine, or give the key file of one"
        yield Finding("warn", SUBJECT, text, cure)
    else:
        yield Finding("ok", SUBJECT, who)
    yield _project(examination.project)


def _project(project: str | None) -> Finding:
    if project:
        return Finding("ok", "project", project)
    return Finding("ok", "project", "not named, and not needed where the buckets are there already")
