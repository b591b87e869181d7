"""A test object on its way: written, opened by its link as anybody would, and removed."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from pathlib import Path

from app.diagnosis.finding import Finding
from app.diagnosis.privacy import unlinked
from app.diagnosis.visit import NoAnswer, visit
from app.settings import ServeSettings
from app.stores.gcs_examination import Examination
from app.stores.store import NotStored, Store, StoreUnavailable

BYTES = b"Color Mapper's doctor wrote this to see whether it can be read; it may be removed.\n"


def check_objects(
    settings: ServeSettings, examination: Examination, today: date
) -> Iterator[Finding]:
    """Write, read back and remove an object, which goes whatever happens in between."""
    key = f"{today:%Y-%m}/{secrets.token_urlsafe(24)}/doctor.txt"
    store = examination.store
    written = _write(store, key)
    yield written
    if written.level != "ok":
        # The answer alone may have been lost.
        _remove(store, key)
        return
    try:
        yield from _read(settings, examination, key)
    finally:
        removed = _remove(store, key)
    yield removed


def _write(store: Store, key: str) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "doctor.txt"
        path.write_bytes(BYTES)
        try:
            store.put(key, path, content_type="text/plain", download_name="doctor.txt")
        except (StoreUnavailable, OSError) as error:
            return Finding("bad", "writing", str(error))
    return Finding("ok", "writing", "a test object was stored")


def _remove(store: Store, key: str) -> Finding:
    try:
        store.delete(key)
    except (StoreUnavailable, OSError) as error:
        return Finding("bad", "deleting", f"the test object {key} stays: {error}")
    return Finding("ok", "deleting", "the test object is gone")


def _read(settings: ServeSettings, examination: Examination, key: str) -> Iterator[Finding]:
    if settings.links == "proxy":
        yield _through_us(examination.store, key)
    else:
        yield from _by_link(settings, examination, key)
    if settings.links != "public":
        yield unlinked(settings, examination, key)


def _through_us(store: Store, key: str) -> Finding:
    try:
        with store.open(key) as stream:
            met = stream.read()
    except (StoreUnavailable, NotStored, OSError) as error:
        return Finding("bad", "reading", str(error))
    if met != BYTES:
        return Finding("bad", "reading", "other bytes than were written are read back")
    return Finding("ok", "reading", "the test object is read back; people get theirs through us")


def _by_link(settings: ServeSettings, examination: Examination, key: str) -> Iterator[Finding]:
    subject = "signing" if settings.links == "signed" else "link"
    try:
        link = examination.store.fresh_link(key)
        if subject == "signing":
            text = f"links are signed by {examination.account} for {settings.link_hours} hours"
            yield Finding("ok", subject, text)
            subject = "link"
        examination.store.ensure_opens(key)
    except (StoreUnavailable, OSError) as error:
        yield Finding("bad", subject, str(error))
        return
    yield _opened(settings, link)


def _opened(settings: ServeSettings, link: str) -> Finding:
    try:
        answer = visit(link)
    except NoAnswer as error:
        return Finding("bad", "link", f"the test object's link is not answered: {error}")
    if answer.status != HTTPStatus.OK or answer.body != BYTES:
        text = f"the test object's link does not open: it answers {answer.status}"
        return Finding("bad", "link", text)
    return Finding("ok", "link", f"opens without credentials (links: {settings.links})")
