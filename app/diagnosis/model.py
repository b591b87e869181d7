"""The model that is used when nobody chose one: whether it loads and answers as it should."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagnosis.finding import Finding
from app.promotion import default_model
from app.settings import ServeSettings
from cyclegan.errors import ModelError, SettingsError
from cyclegan.models.catalogue import Catalogue

SUBJECT = "model"


def check_model(settings: ServeSettings) -> Iterator[Finding]:
    """Load the default model; a package also runs its own test image, on the processor."""
    try:
        name = default_model(settings)
        card = Catalogue(settings.models).card(name)
        if card.folder is None:
            yield Finding("ok", SUBJECT, f"{name} is part of the program")
            return
        from cyclegan.models.verify import verify  # brings torch, which not every model needs

        difference = verify(card.folder)
    except (ModelError, SettingsError) as error:
        cure = "See what there is: .venv/bin/python scripts/models.py list"
        yield Finding("bad", SUBJECT, str(error), cure)
        return
    text = f"{name} loads and answers as recorded, to {difference:.2f} grey levels"
    yield Finding("ok", SUBJECT, text)
