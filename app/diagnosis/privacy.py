"""What everybody may see of a bucket: the list of its objects, and objects without a link."""

from __future__ import annotations

from http import HTTPStatus

from app.diagnosis.finding import Finding
from app.diagnosis.visit import NoAnswer, visit
from app.settings import ServeSettings
from app.stores.gcs_errors import PUBLIC
from app.stores.gcs_examination import Examination


def listing(settings: ServeSettings, examination: Examination, bucket: str) -> Finding:
    """Whether everybody may see which objects there are; their names are all that a link holds."""
    try:
        status = visit(examination.list_address(bucket)).status
    except NoAnswer as error:
        return Finding("skip", "listing", f"it could not be asked what everybody sees: {error}")
    shown = [(who, role) for who, role in examination.everybody(bucket) or () if role != PUBLIC]
    if status != HTTPStatus.OK and not shown:
        return Finding("ok", "listing", f"gs://{bucket} shows nobody which objects there are")
    text = f"everybody can list gs://{bucket}, and so find and open the images of all people"
    granting = [examination.place(bucket).grant_everybody()] if settings.links == "public" else []
    return Finding("bad", "listing", text, _cure(bucket, shown, granting))


def unlinked(settings: ServeSettings, examination: Examination, key: str) -> Finding:
    """Whether an object stays closed at its own address, where it would need no link of ours."""
    bucket = examination.bucket_of(key)
    try:
        status = visit(examination.object_address(key)).status
    except NoAnswer as error:
        return Finding("skip", "privacy", f"it could not be asked what everybody sees: {error}")
    if status != HTTPStatus.OK:
        return Finding("ok", "privacy", f"objects of gs://{bucket} open for nobody by themselves")
    text = f"objects of gs://{bucket} are public, though links: {settings.links} should guard them"
    return Finding("warn", "privacy", text, _cure(bucket, examination.everybody(bucket) or [], []))


def _cure(bucket: str, granted: list[tuple[str, str]], first: list[str]) -> str:
    """The commands that take from everybody what is granted, after some others."""
    if not granted:
        return f"See what allUsers may: gcloud storage buckets get-iam-policy gs://{bucket}"
    taking = [
        f"gcloud storage buckets remove-iam-policy-binding gs://{bucket} "
        f"--member={who} --role={role}"
        for who, role in granted
    ]
    return "Run: " + " && ".join([*first, *taking])
