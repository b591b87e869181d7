"""What a training makes, as a page in its folder that a browser opens: pictures and curves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from cyclegan.engines.tensors import to_pixels
from cyclegan.templates import templates_in
from cyclegan.train import curves, journal
from cyclegan.train.log import LOSSES, WARNINGS
from cyclegan.train.progress import time_left
from cyclegan.train.run_folder import SETTINGS, STARTS

PAGE = "index.html"
PICTURES = "pictures.jsonl"
"""Which pictures there are of which step."""
IMAGES = "images"
QUALITY = 92
"""Of JPEG, with colours at full size: pink and blue lie side by side in H&E."""
OPEN = 6
"""Steps whose pictures are seen at once; those before them are folded away."""


class Gallery:
    """Pictures in `images/` of a run folder, and `index.html` that shows them beside the losses.

    `step` is the last step that counts: pictures of later ones are removed, as they are made anew.
    `steps` is how many the whole training has.
    """

    def __init__(self, folder: Path, *, step: int, steps: int) -> None:
        self._folder, self._steps = folder, steps
        (folder / IMAGES).mkdir(exist_ok=True)
        for record in journal.read(folder / PICTURES):
            if record["step"] > step:
                for row in record["rows"]:
                    for file in row.values():
                        (folder / file).unlink(missing_ok=True)
        journal.forget_after(folder / PICTURES, step)

    def add(self, step: int, pictures: Mapping[str, Tensor]) -> None:
        """Keep pictures of a step, each (n, 3, h, w) float32 in -1..1; the i-th of all make a row.

        The names are their captions. A second call for the same step adds rows below.
        """
        place = self._folder / PICTURES
        group = sum(record["step"] == step for record in journal.read(place))
        rows: list[dict[str, str]] = [{} for _ in next(iter(pictures.values()))]
        for name, images in pictures.items():
            for number, pixels in enumerate(to_pixels(images.detach().float())):
                file = f"{IMAGES}/{step:09d}-{group}-{number}-{_plain(name)}.jpg"
                Image.fromarray(pixels).save(
                    self._folder / file, "JPEG", quality=QUALITY, subsampling=0
                )
                rows[number][name] = file
        height, width = next(iter(pictures.values())).shape[2:]
        record = {"step": step, "height": height, "width": width, "rows": rows}
        journal.append(place, record)

    def write(self) -> None:
        """Make the page anew, of everything that the run folder holds."""
        folder = self._folder
        losses = journal.read(folder / LOSSES)
        newest_first = reversed(journal.read(folder / PICTURES))
        pictures = groupby(newest_first, key=lambda record: int(record["step"]))
        environment = templates_in(Path(__file__).parent)
        environment.filters["thousands"] = lambda number: f"{number:,}"
        page = environment.get_template("gallery.html").render(
            name=folder.name,
            progress=_progress(losses[-1], self._steps) if losses else None,
            warnings=journal.read(folder / WARNINGS)[::-1],
            panels=curves.panels(losses),
            curves=curves,
            pictures=[(step, list(records)[::-1]) for step, records in pictures],
            open=OPEN,
            settings=(folder / SETTINGS).read_text(encoding="utf-8"),
            starts=journal.read(folder / STARTS),
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        )
        journal.replace_lines(folder / PAGE, [page])


def _progress(latest: Mapping[str, Any], steps: int) -> dict[str, Any]:
    left = time_left(latest["seconds"] * (steps - latest["step"]))
    return {**latest, "steps": steps, "left": left}


def _plain(name: str) -> str:
    """A name as a part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
