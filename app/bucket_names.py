"""What buckets of Google Cloud Storage may be called, and which month's is which."""

from __future__ import annotations

import re

MONTH_LENGTH = len("-2026-11")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*[a-z0-9]", re.ASCII)


def check_bucket_name(name: str, *, monthly: bool) -> None:
    """Raise ValueError when no bucket can have the name, or `<name>-YYYY-MM` if `monthly`.

    Names with dots are refused, too: they belong to whoever owns the internet domain.
    """
    longest = 63 - (MONTH_LENGTH if monthly else 0)
    if not name:
        raise ValueError("store: gcs needs the name of a bucket; give it with COLORMAPPER_BUCKET")
    if not 3 <= len(name) <= longest or not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot name a bucket; use 3 to {longest} lower-case letters, digits, "
            "dashes and underscores, with a letter or digit at both ends"
        )
    if name.startswith("goog") or "google" in name:
        raise ValueError(f"{name!r} cannot name a bucket: Google keeps names with `google` in them")


def month_bucket(base: str, month: str) -> str:
    """The name of a month's bucket; `month` is `YYYY-MM`."""
    return f"{base}-{month}"


def month_of(base: str, bucket: str) -> str | None:
    """The month of a bucket that `month_bucket` has named; None for any other."""
    found = re.fullmatch(rf"{re.escape(base)}-(\d{{4}}-(?:0[1-9]|1[0-2]))", bucket, re.ASCII)
    return found[1] if found else None
