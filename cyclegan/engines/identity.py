"""The engine that changes nothing: the twin of every engine in tests and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping

from cyclegan.engines.engine import Batch, Room, Watch
from cyclegan.images.image import Reader


class IdentityEngine:
    """Returns each patch as it is; it is its own translation of every image."""

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
    ) -> IdentityEngine:
        """The engine itself."""
        return self

    def __call__(self, batch: Batch) -> Batch:
        """The batch itself."""
        return batch

    def provenance(self) -> Mapping[str, object]:
        """Only the engine's name."""
        return {"engine": "identity"}

    def close(self) -> None:
        """Hold nothing."""
