"""An evaluation as one HTML page that needs nothing else: no scripts, no other files, no hosts."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from cyclegan import __version__
from cyclegan.evaluate import FIELD_METRICS, METRICS
from cyclegan.evaluate.evaluation import Evaluation
from cyclegan.evaluate.table import TRIVIAL, direction, groups_of, number, truths
from cyclegan.images.image import Pixels
from cyclegan.templates import templates_in

QUALITY = 88
"""Of JPEG: a patch of 256 px takes about 25 kB."""


def to_page(found: Evaluation, failures: Mapping[str, str]) -> str:
    """The page; `failures` are the files that could not be used, each with the reason."""
    environment = templates_in(Path(__file__).parent)
    environment.filters |= {"picture": _data_uri, "number": number, "direction": direction}
    groups = groups_of(found)
    columns = [
        key
        for key in FIELD_METRICS
        if any(image.scores[found.card.name][key] is not None for image in found.images)
    ]
    return environment.get_template("page.html").render(
        found=found,
        failures=failures,
        groups=groups,
        columns=columns,
        metrics=METRICS,
        trivial=TRIVIAL,
        truths=truths(found),
        version=__version__,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _data_uri(pixels: Pixels) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
