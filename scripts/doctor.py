"""What is well with this installation, what is not, and how to cure it."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

try:
    import click

    from app.doctor import diagnose
    from app.settings import Mode
except ModuleNotFoundError as error:
    sys.exit(
        f"the package {error.name} is not installed for this Python; set Color Mapper up with "
        "bash scripts/setup.sh requirements.txt, then run: .venv/bin/python scripts/doctor.py"
    )


@click.command()
@click.argument("mode", type=click.Choice(["local", "server"]), required=False)
@click.option(
    "--set-retention",
    is_flag=True,
    help="Have the bucket remove objects at the age that retention_days names.",
)
def main(mode: Mode | None, *, set_retention: bool) -> None:
    """Check this installation, one line for each thing: ok, warn, bad, or skip if it was not asked.

    Without an argument it is the server that is checked where a secret key or a bucket is
    configured, else the local service. The exit code is 1 when something is bad, else 0.
    """
    # What libraries log is in the findings, in our words.
    logging.basicConfig(handlers=[logging.NullHandler()])
    os.chdir(ROOT)  # relative paths in the settings count from here
    levels = set()
    for finding in diagnose(os.environ, mode=mode, set_retention=set_retention):
        click.echo(finding.line())
        levels.add(finding.level)
    sys.exit("bad" in levels)


if __name__ == "__main__":
    main()
