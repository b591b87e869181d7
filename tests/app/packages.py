"""A package that pages and documents can tell of; there is no network in it."""

from __future__ import annotations

import hashlib

import yaml

from app.services import Services
from cyclegan.models.card import DESCRIPTOR, WEIGHTS, Details
from cyclegan.models.record import Credit, Scores, TrainingRecord

RECORD = TrainingRecord(
    trained_on="Simulated images of <made> slides.",
    sources=(Credit(title="Made slides", licence="CC0 1.0", credit="Ada", url="https://a.test/"),),
    limits="It has seen simulated images alone.",
    scores=Scores(measured_on="four made slides", values={"ssim": 0.91234}),
    settings={"task": "paired"},
    code="Color Mapper 0.0.0",
)


def install(services: Services, name: str) -> None:
    """Put it into the models folder of a service under a name, which is its title, too."""
    folder = services.settings.models / name
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(b"weights")
    details = Details(
        architecture="ganilla",
        multiple=16,
        spacing_um=0.5,
        weights=WEIGHTS,
        weights_sha256=hashlib.sha256(b"weights").hexdigest(),
        weights_bytes=len(b"weights"),
        training=RECORD,
    )
    content = {
        "name": name,
        "description": "A network.",
        "type": "model",
        "config": {"colormapper": details.model_dump(mode="json")},
    }
    (folder / DESCRIPTOR).write_text(yaml.safe_dump(content))
