"""The engine that stays on the device between jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cyclegan.engines.engine import Engine
from cyclegan.models.catalogue import Catalogue, ModelCard


@dataclass
class Shelf:
    """Holds one engine: the one that was last asked for."""

    card: ModelCard | None = None
    engine: Engine | None = None

    def take(
        self, catalogue: Catalogue, name: str, *, device: Literal["auto", "cpu", "cuda"]
    ) -> Engine:
        """The engine of a model, loaded only if another one or other weights are held."""
        card = catalogue.card(name)
        if self.engine is None or card != self.card:
            self.engine = None  # Two networks might not fit on the device at once.
            self.engine = catalogue.engine(name, device=device)
            self.card = card
        return self.engine
