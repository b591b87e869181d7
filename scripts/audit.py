"""Who did what: the lines of the audit log that are looked for, the oldest first, times in UTC."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.audit import ACTIONS, OUTCOMES, Entry, Wanted, open_audit
from app.settings import ROOT, load_settings
from cyclegan.errors import ColorMapperError

TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def _utc(
    _context: click.Context, _parameter: click.Parameter, value: datetime | None
) -> datetime | None:
    return value and value.replace(tzinfo=UTC)


@click.command(help=__doc__)
@click.option("--user", help="Of one user, such as visitor:abc, or abc alone.")
@click.option("--object", "thing", help="About one job or other object, by its id.")
@click.option("--action", type=click.Choice(ACTIONS), help="Of one kind.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="With one outcome.")
@click.option("--since", type=click.DateTime(TIMES), callback=_utc, help="At this UTC or later.")
@click.option("--until", type=click.DateTime(TIMES), callback=_utc, help="Before this UTC.")
def audit(
    *,
    user: str | None,
    thing: str | None,
    action: str | None,
    outcome: str | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Print the lines."""
    os.chdir(ROOT)  # relative paths in the settings count from here
    wanted = Wanted(
        user=user, object=thing, action=action, outcome=outcome, since=since, until=until
    )
    # No act needs a key; the folder is that of the settings in either mode.
    log = open_audit(load_settings(os.environ, mode="local"))
    for entry in log.read(wanted):
        click.echo("  ".join(_columns(entry)).rstrip())


def _columns(entry: Entry) -> Iterator[str]:
    yield f"{entry.time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    yield f"{_printable(entry.user):24}"
    yield f"{entry.action:10}"
    yield f"{_printable(entry.object or '-'):30}"
    yield f"{entry.outcome:8}"
    yield f"{entry.status or '-':>3}"
    yield f"{_printable(entry.address or '-'):15}"
    yield _printable(entry.request or "-")


def _printable(text: str) -> str:
    """The text without what a terminal takes for a command."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def main() -> None:
    """Run the command; a fault is one line on stderr and exit code 1."""
    try:
        audit()
    except ColorMapperError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: the audit log cannot be read: {error.strerror}")


if __name__ == "__main__":
    main()
