"""The trivial translation: the input turned over, as a floor for every other."""

from __future__ import annotations

from collections.abc import Mapping

from cyclegan.engines.engine import Batch
from cyclegan.engines.pixelwise import PixelwiseEngine


class InvertedEngine(PixelwiseEngine):
    """Turns every value over: dark becomes bright."""

    def __call__(self, batch: Batch) -> Batch:
        """255 less every value, a new array."""
        return 255 - batch

    def provenance(self) -> Mapping[str, object]:
        """Only the engine's name."""
        return {"engine": "inverted"}
