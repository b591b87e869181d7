"""An evaluation as a JSON document; docs/evaluation.md tells what is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from cyclegan import __version__
from cyclegan.evaluate import METRICS
from cyclegan.evaluate.evaluation import Evaluation
from cyclegan.evaluate.reference import ratio

VERSION = 1
"""Of the document's form."""


def to_document(found: Evaluation, failures: Mapping[str, str]) -> str:
    """The document; `failures` are the files that could not be used, each with the reason."""
    document = {
        "version": VERSION,
        "program": f"Color Mapper {__version__}",
        "model": {
            "name": found.card.name,
            "weights_sha256": found.card.sha256,
            "spacing_um": found.card.spacing_um,
        },
        "one_stain": found.one_stain,
        "translations": list(found.translations),
        "metrics": {
            key: {
                "title": metric.title,
                "unit": metric.unit,
                "better": metric.better,
                "needs": metric.needs,
                "meaning": metric.meaning,
            }
            for key, metric in METRICS.items()
        },
        "scores": found.scores,
        "reference": {
            "files": found.reference,
            "floors": dict(found.floors),
            "ratios": {
                name: {
                    key: ratio(found.scores[name][key], found.floors[key]) for key in found.floors
                }
                for name in found.translations
            },
        },
        "images": [asdict(image) for image in found.images],
        "failures": dict(failures),
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"
