"""Color Mapper itself, as its command line uses it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.rivals.rival import Inference
from benchmarks.stopwatch import Timed
from cyclegan.engines.engine import Engine, Room
from cyclegan.files import FilePair, Options, translate_file
from cyclegan.models.card import ModelCard

WORKERS = 1
"""Threads that cut patches, as on the command line unless others are asked for."""


class Ours:
    """Reads, prepares, translates and writes strip by strip."""

    def __init__(self, engine: Engine, card: ModelCard, options: Options | None = None) -> None:
        self._engine = Timed(engine)
        self._card = card
        self._options = options or Options(workers=WORKERS)

    def translate(self, source: Path, result: Path, scratch: Path) -> Inference:
        """See Rival; inference is what preparing took and what the engine was called for."""
        translate_file(
            FilePair(source, result),
            self._engine,
            self._card,
            room=Room(scratch),
            options=self._options,
        )
        return Inference(self._engine.seconds, self._engine.pixels)
