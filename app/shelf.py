"""The engine that stays on the device between jobs."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings import ServeSettings
from cyclegan.engines.engine import Engine
from cyclegan.models.catalogue import Catalogue, ModelCard


@dataclass(frozen=True)
class Loaded:
    """An engine and the card of the model that it was made from."""

    card: ModelCard
    engine: Engine


@dataclass
class Shelf:
    """Holds one engine: the one that was last asked for."""

    held: Loaded | None = None

    def take(self, catalogue: Catalogue, name: str, settings: ServeSettings) -> Loaded:
        """The engine of a model, loaded only if another one or other weights are held."""
        card = catalogue.card(name)
        if self.held is None or self.held.card != card:
            self.held = None  # Two networks might not fit on the device at once.
            engine = catalogue.engine(name, device=settings.device, stats=settings.stats)
            self.held = Loaded(card, engine)
        return self.held
