"""The trivial translation: the input turned over, as a floor for every other."""

from __future__ import annotations

from collections.abc import Mapping

from cyclegan.engines.engine import Batch, Room, Watch
from cyclegan.images.image import Reader


class InvertedEngine:
    """Turns every value over: dark becomes bright; it is its own translation of every image."""

    halo = 0
    multiple = 1
    smallest = 1
    tile = 512
    batch = 4
    lanes = 1
    blend = "crop"
    done = 0.0

    def prepare(
        self,
        reader: Reader,  # noqa: ARG002 - it needs nothing of the image
        room: Room,  # noqa: ARG002
        watch: Watch,  # noqa: ARG002
    ) -> InvertedEngine:
        """The engine itself."""
        return self

    def __call__(self, batch: Batch) -> Batch:
        """255 less every value, a new array."""
        return 255 - batch

    def provenance(self) -> Mapping[str, object]:
        """Only the engine's name."""
        return {"engine": "inverted"}

    def close(self) -> None:
        """Hold nothing."""
