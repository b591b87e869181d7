"""This machine's clock against that of whoever answers: signed links are refused when it is off."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.diagnosis.finding import Finding
from app.diagnosis.visit import NoAnswer, visit

SUBJECT = "clock"
MOST_S = 60
CURE = "Have it set by the network: sudo timedatectl set-ntp true"


def check_clock(endpoint: str) -> Finding:
    """How far this clock is from the one that dates the answers of an address."""
    try:
        date = visit(endpoint).date
    except NoAnswer as error:
        return Finding("skip", SUBJECT, f"there is no other to compare with: {error}")
    try:
        there = parsedate_to_datetime(date or "")
    except ValueError:
        return Finding("skip", SUBJECT, "there is no other to compare with: no date was answered")
    off_s = (datetime.now(UTC) - there.replace(tzinfo=UTC)).total_seconds()
    if abs(off_s) <= MOST_S:
        return Finding("ok", SUBJECT, f"agrees with the store's to {max(1, abs(off_s)):.0f} s")
    side = "fast" if off_s > 0 else "slow"
    text = f"is {abs(off_s):.0f} s {side}; more than {MOST_S} s, and the store refuses requests"
    return Finding("bad", SUBJECT, text, CURE)
