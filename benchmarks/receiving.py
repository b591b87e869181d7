"""The memory of the web process while a large file arrives by the resumable way.

    .venv/bin/python benchmarks/receiving.py

starts a service of its own, with its data in a temporary folder, and sends it 2 GB in one part,
which are made while they are sent. Printed is what the web process and its children hold of their
own, before and at most.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import click
import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.load import finish, png, send
from benchmarks.serving import child_running, service, tree_memory, watched

TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
PIECE = os.urandom(2**20)


class Made:
    """A file of so many bytes, of which there is only the piece that is read."""

    def __init__(self, size: int) -> None:
        self._left = size

    def __len__(self) -> int:
        return self._left

    def read(self, size: int = -1) -> bytes:
        """The next bytes; none at the end."""
        wanted = min(self._left, len(PIECE) if size < 0 else size)
        self._left -= wanted
        return PIECE[:wanted]


def begin(url: str, size: int) -> str:
    """The address of a new upload."""
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": "filename bGFyZ2UudGlm"}
    answer = requests.post(f"{url}/uploads", headers=headers, timeout=60)
    answer.raise_for_status()
    return url + answer.headers["Location"]


@click.command(help=__doc__)
@click.option("--gigabytes", type=float, default=2, show_default=True, help="That are sent.")
def main(gigabytes: float) -> None:
    """Measure, and print a line."""
    size = round(gigabytes * 1e9)
    environ = {"COLORMAPPER_MAX_BYTES": str(size)}
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), environ) as (url, process):
        web = child_running(process, "gunicorn")
        finish(url, send(url, png(200, 200, 1), "identity"))  # what is loaded once is there
        before, _ = tree_memory(web)
        upload, began = begin(url, size), time.perf_counter()
        with watched({"web": web}) as peaks:
            answer = requests.patch(upload, data=Made(size), headers=PART, timeout=600)
        answer.raise_for_status()
        seconds = time.perf_counter() - began
        if int(answer.headers["Upload-Offset"]) != size:
            raise SystemExit(f"{answer.headers['Upload-Offset']} of {size} bytes arrived")
        click.echo(
            f"{gigabytes:g} GB arrived in {seconds:.0f} s; the web process held "
            f"{before / 2**20:.1f} MiB before and {peaks['web'].anon / 2**20:.1f} MiB at most"
        )


if __name__ == "__main__":
    main()
