"""Color Mapper itself, as its command line uses it."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.rivals.rival import Inference
from benchmarks.stopwatch import Timed
from cyclegan.engines.engine import Engine, Room
from cyclegan.images import create_image, open_image
from cyclegan.images.image import DecodeLimits
from cyclegan.translate import prepare, translate

KINDS = {".png": "png", ".tif": "tiff"}
"""What is written, by the name of the file."""
LIMITS = DecodeLimits(max_pixels=2**40, seconds=3600)


class Ours:
    """Reads, prepares, translates and writes strip by strip."""

    def __init__(self, engine: Engine) -> None:
        self._engine = Timed(engine)

    def translate(self, source: Path, result: Path, scratch: Path) -> Inference:
        """See Rival; inference is what preparing took and what the engine was called for."""
        with open_image(source, limits=LIMITS, scratch=scratch) as reader:
            info = reader.info
            with (
                prepare(reader, self._engine, room=Room(scratch)) as plan,
                create_image(
                    result,
                    kind=KINDS[result.suffix],
                    height=info.height,
                    width=info.width,
                    spacing_um=info.spacing_um,
                    description=json.dumps(plan.provenance()),
                ) as writer,
            ):
                translate(reader, writer, plan)
        return Inference(self._engine.seconds, self._engine.pixels)
