"""The two dyes and the brightness as planes: pictures of different microscopes look alike so.

    plane 0   nuclear dye     amount, over its 99.5th percentile in tissue
    plane 1   counterstain    amount, over its 98th percentile in tissue
    plane 2   brightness      mean of the channels above the background, over its 99.5th percentile

All are drawn so that `TOP` is white. A network that sees these need not learn how dyes, cameras and
exposures differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from cyclegan.dyes import PAPER_LEVEL, Dyes, estimate
from cyclegan.images.image import Pixels, Reader
from cyclegan.recolour import CHUNK_PX, concentrations, paperless
from cyclegan.sample import SAMPLE_BLOCKS, sample_blocks
from cyclegan.stains import Floats

NUCLEAR_PERCENTILE = 99.5
"""Nuclei may be few."""
COUNTERSTAIN_PERCENTILE = 98.0
"""Specks of dirt outshine the tissue many times."""
BRIGHTNESS_PERCENTILE = 99.5
TOP = 1.5
"""The multiple of a plane's reference that is drawn as 255; what is more is cut off."""
MIN_BRIGHTNESS = 16.0
"""Grey levels of the least reference of brightness, so that an empty image stays dark."""


@dataclass(frozen=True)
class DyeView:
    """The planes of one image."""

    dyes: Dyes
    brightness: float
    """Grey levels above the background that count as brightness 1."""

    @classmethod
    def fitted(cls, image: Reader) -> Self:
        """The view for an image, from a sample of all of it."""
        return cls.of_blocks(sample_blocks(image, count=SAMPLE_BLOCKS))

    @classmethod
    def of_blocks(cls, blocks: Pixels) -> Self:
        """The view for a sample of an image: blocks of pixels, (n, m, 3) uint8."""
        dyes = estimate(blocks, percentile=NUCLEAR_PERCENTILE)
        counterstain = estimate(blocks, percentile=COUNTERSTAIN_PERCENTILE).counterstain_range
        means = blocks.mean(axis=1)
        if dyes.paper:  # which would outshine the tissue
            means = means[means.min(axis=1) <= PAPER_LEVEL]
        above = (means - np.asarray(dyes.background)).mean(axis=1)
        top = float(np.percentile(above, BRIGHTNESS_PERCENTILE))
        return cls(replace(dyes, counterstain_range=counterstain), max(top, MIN_BRIGHTNESS))

    def __call__(self, pixels: Pixels) -> Pixels:
        """The planes of (..., 3) uint8 pixels; see `View`."""
        flat = np.ascontiguousarray(pixels).reshape(-1, 3)
        out = np.empty_like(flat)
        work = np.empty((8, min(CHUNK_PX, len(flat))), dtype=np.float32)
        for start in range(0, len(flat), CHUNK_PX):
            part = slice(start, start + CHUNK_PX)
            self._planes(flat[part], work[:, : len(flat[part])], out[part])
        return out.reshape(pixels.shape)

    def provenance(self) -> Mapping[str, object]:
        """The name and what was fitted."""
        fitted = {"input": "dyes", "dyes": asdict(self.dyes), "brightness": self.brightness}
        plain: dict[str, object] = json.loads(json.dumps(fitted))
        return plain

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> Self:
        """The view of which `provenance` told, exactly."""
        told: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in record["dyes"].items()
        }
        return cls(Dyes(**told), record["brightness"])

    def _planes(self, pixels: Pixels, work: Floats, out: Pixels) -> None:
        concentrations(pixels, self._widened(), work)
        brightness = work[2]
        brightness += work[3]
        brightness += work[4]
        brightness *= 1 / (3 * TOP * self.brightness)
        np.clip(brightness, 0, 1, out=brightness)
        planes = work[:3]
        if self.dyes.paper:
            planes *= paperless(pixels)
        planes *= 255
        np.rint(planes, out=planes)
        np.copyto(out, planes.T, casting="unsafe")

    def _widened(self) -> Dyes:
        """The dyes with ranges from no dye at all, veil included, to TOP."""
        nuclear, counterstain = self.dyes.nuclear_range[1], self.dyes.counterstain_range[1]
        return replace(
            self.dyes,
            nuclear_range=(0.0, TOP * nuclear),
            counterstain_range=(0.0, TOP * counterstain),
        )
