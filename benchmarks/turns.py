"""How many of another's images one waits for, on a running service.

    .venv/bin/python benchmarks/turns.py

starts a service of its own, with its data in a temporary folder. One person sends 50 images at
once; when they are in the queue, a second one sends a single image. Printed is how many of the
first one's images were translated between the moment in which that was sent and its own turn.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.load import SENDERS, finish, png, send
from benchmarks.serving import service

IMAGES = 50
SIDE_PX = 2000
"""Large enough for the queue to be long still when the second person comes."""


def person(url: str) -> requests.Session:
    """A browser with the cookie by which the service tells people apart."""
    session = requests.Session()
    session.get(url, timeout=60)
    return session


def job(url: str, job_id: str) -> dict[str, Any]:
    """What the service tells of a job now."""
    document: dict[str, Any] = requests.get(f"{url}/api/v1/jobs/{job_id}", timeout=60).json()
    return document


def moment(text: str) -> datetime:
    """A time as the service tells it."""
    return datetime.fromisoformat(text)


def waited_for(own: dict[str, Any], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the others those that had the worker between the sending of one's own and its turn."""
    sent, turn = moment(own["created"]), moment(own["started"])
    begun = [one for one in others if one["started"]]
    return [
        one
        for one in begun
        if moment(one["started"]) < turn
        and (one["finished"] is None or moment(one["finished"]) > sent)
    ]


@click.command(help=__doc__)
@click.option("--images", type=int, default=IMAGES, show_default=True, help="Of the first person.")
@click.option("--model", default="colour-mapping", show_default=True, help="That translates them.")
def main(images: int, model: str) -> None:
    """Measure, and print a line."""
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as (url, _):
        first, second = person(url), person(url)
        data = [png(SIDE_PX, SIDE_PX, number) for number in range(images)]
        with ThreadPoolExecutor(SENDERS) as pool:
            theirs = list(pool.map(lambda one: send(url, one, model, person=first), data))
        left = sum(job(url, one)["state"] == "queued" for one in theirs)
        mine = send(url, png(SIDE_PX, SIDE_PX, images), model, person=second)
        finish(url, mine)
        own, others = job(url, mine), [job(url, one) for one in theirs]
        waited = waited_for(own, others)
        seconds = (moment(own["started"]) - moment(own["created"])).total_seconds()
        click.echo(
            f"{left} of {images} images were in the queue; the other person waited for "
            f"{len(waited)} of them, {seconds:.1f} s; load of the machine: {os.getloadavg()[0]:.1f}"
        )


if __name__ == "__main__":
    main()
