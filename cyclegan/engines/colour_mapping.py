"""Virtual H&E without learning: two dyes unmixed pixel by pixel and drawn as stains.

A pixel's colour alone decides what becomes of it, by numbers that hold for the whole image: the
engine cannot invent structure, and the tiles of an image cannot differ at their seams.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

from cyclegan.dyes import ALIKE, Dyes, estimate
from cyclegan.engines.engine import Batch, Room, Watch
from cyclegan.engines.pixelwise import Pixelwise
from cyclegan.errors import SettingsError
from cyclegan.images.image import Reader
from cyclegan.recolour import recolour
from cyclegan.sample import SAMPLE_BLOCKS, sample_blocks
from cyclegan.stains import Colouring, Vector


@dataclass(frozen=True)
class ColourMappingSettings:
    """What may be fixed beforehand; a colour of None is estimated from the image.

    Raises SettingsError when the numbers make no sense.
    """

    background: Vector | None = None
    """Red, green, blue of the image where nothing glows, 0..255."""
    nuclear_dye: Vector | None = None
    """Red, green, blue of the nuclear dye, none below 0; the length does not matter."""
    counterstain_dye: Vector | None = None
    """Red, green, blue of the counterstain, in the same way."""
    percentile: float = 99.9
    """Percentile of each dye's amount in tissue that counts as concentration 1."""
    colouring: Colouring = field(default_factory=Colouring)
    """How concentrations become colours."""

    def __post_init__(self) -> None:
        given = [dye for dye in (self.nuclear_dye, self.counterstain_dye) if dye is not None]
        for dye in given:
            if min(dye) < 0 or max(dye) <= 0:
                raise SettingsError(f"dye {dye}: red, green, blue must be >= 0 and not all 0")
        if len(given) == 2 and _cosine(*given) > ALIKE:
            raise SettingsError(f"dyes {given[0]} and {given[1]} have one colour; give two")
        if not 50 <= self.percentile <= 100:
            raise SettingsError(f"percentile is {self.percentile}; it must lie in 50..100")


def _cosine(first: Vector, second: Vector) -> float:
    inner = math.fsum(a * b for a, b in zip(first, second, strict=True))
    return inner / (math.hypot(*first) * math.hypot(*second))


class ColourMappingEngine:
    """Unmixes the two dyes of a fluorescence image and draws them as haematoxylin and eosin."""

    def __init__(self, settings: ColourMappingSettings | None = None) -> None:
        self._settings = settings or ColourMappingSettings()

    def prepare(
        self,
        reader: Reader,
        room: Room,  # noqa: ARG002 - it needs little
        watch: Watch,
    ) -> ColourMapping:
        """Estimate background, dye colours and their ranges from the whole image."""
        watch.check()
        dyes = estimate(
            sample_blocks(reader, count=SAMPLE_BLOCKS),
            background=self._settings.background,
            nuclear=self._settings.nuclear_dye,
            counterstain=self._settings.counterstain_dye,
            percentile=self._settings.percentile,
        )
        return ColourMapping(dyes, self._settings)


class ColourMapping(Pixelwise):
    """The colouring of one image with the dyes that were found in it."""

    batch = 16

    def __init__(self, dyes: Dyes, settings: ColourMappingSettings) -> None:
        self.dyes = dyes
        self._settings = settings

    def __call__(self, batch: Batch) -> Batch:
        """The H&E colours of a batch, a new array; safe to call from several threads."""
        pixels = np.ascontiguousarray(batch).reshape(-1, 3)
        out = np.empty_like(pixels)
        # One thread: the steps are so short that threads wait for the interpreter lock (measured).
        recolour(pixels, out, dyes=self.dyes, colouring=self._settings.colouring)
        return out.reshape(batch.shape)

    def provenance(self) -> Mapping[str, object]:
        """The dyes that were used and the constants of the colouring equation."""
        record = {
            "engine": "colour-mapping",
            "equation": "255 * exp(-(nuclear_k * nuclear * N + counterstain_k * counterstain * C))",
            "colouring": asdict(self._settings.colouring),
            "percentile": self._settings.percentile,
            "dyes": asdict(self.dyes),
        }
        plain: dict[str, object] = json.loads(json.dumps(record))
        return plain
