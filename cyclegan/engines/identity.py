"""The engine that changes nothing: the twin of every engine in tests and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping

from cyclegan.engines.engine import Batch
from cyclegan.engines.pixelwise import PixelwiseEngine


class IdentityEngine(PixelwiseEngine):
    """Returns each patch as it is."""

    def __call__(self, batch: Batch) -> Batch:
        """The batch itself."""
        return batch

    def provenance(self) -> Mapping[str, object]:
        """Only the engine's name."""
        return {"engine": "identity"}
