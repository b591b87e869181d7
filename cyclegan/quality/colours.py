"""What the colours of an image say of how it was made: by light of its own, or by light through it.

Fluorescence glows on a dark ground: what is brighter is more colourful. Stained sections are seen
against white light: what is brighter is paler, whatever the stains and the camera, and this holds
even where no glass is in the picture. The limits were found on 208 pictures of H&E and 285 of
fluorescence, real and simulated by rigs of every family.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan.fan import Doubles
from cyclegan.images.image import Pixels, Reader
from cyclegan.sample import sample_blocks
from cyclegan.stains import optical_density

SAMPLE = 40_000
"""Blocks of pixels that are looked at, at most."""
OVERVIEW_PX = 1024
"""The sample is taken from the coarsest level that has so many px on its longer side."""
STAINED = 0.15
"""Optical density of the strongest channel from which on a pixel is stained."""


@dataclass(frozen=True)
class Colours:
    """A sample of an image's colours in numbers; levels are grey levels, 0..255."""

    contrast: float
    """From the dark to the bright: 1st to 99th percentile of brightness."""
    bright_level: float
    """Of the weakest channel in the brightest pixels."""
    bright_chroma: float
    """Strongest channel less the weakest one in the brightest pixels."""
    dark_chroma: float
    """The same in the darkest pixels."""
    paling: float
    """How surely brighter pixels are less colourful for their brightness: correlation of saturation
    and brightness, -1 for sure."""
    fading: float
    """The same for the chroma itself."""
    green_lacks: float
    """Share of the stained pixels in which green is the weakest channel, as in all H&E."""
    glare: float
    """Share of pixels that are clipped in one channel and not nearly white."""
    channels: int
    """How many differ: 0 when the image is empty, 1 when it is grey or of one channel."""

    @property
    def is_he(self) -> bool:
        """Whether it looks like a section stained with haematoxylin and eosin."""
        return (
            self.green_lacks >= 0.85
            and self.paling <= -0.45
            and self.bright_level >= 130
            and self.dark_chroma >= 30
            and not self._glares
        )

    @property
    def is_bright_field(self) -> bool:
        """Whether it looks like anything seen against white light."""
        return (
            self.bright_level >= 190
            and self.bright_chroma <= 41
            and self.paling <= -0.57
            and self.fading <= 0.3
            and not self._glares
        )

    @property
    def _glares(self) -> bool:
        """Whether colours may pale only because fluorescence is overexposed."""
        return self.glare >= 0.05 and self.fading > -0.7


def colours_of(reader: Reader) -> Colours:
    """The colours of an image, from an even sample of all of it."""
    blocks = sample_blocks(reader.overview(OVERVIEW_PX), count=SAMPLE)
    return measure_colours(blocks)


def measure_colours(blocks: Pixels) -> Colours:
    """The same of blocks of pixels, (n, m, 3) uint8, in whose means noise does not count."""
    rgb = blocks.mean(axis=1)
    brightness, strongest, weakest = rgb.mean(axis=1), rgb.max(axis=1), rgb.min(axis=1)
    chroma = strongest - weakest
    dark, bright = np.percentile(brightness, [10, 95])
    brightest, darkest = brightness >= bright, brightness <= dark
    density = optical_density(np.rint(rgb).astype(np.uint8)).max(axis=1)
    lacks = (rgb[:, 1] <= rgb[:, 0] + 4) & (rgb[:, 1] <= rgb[:, 2] + 4)
    stained = lacks[density > STAINED]
    low, high = np.percentile(brightness, [1, 99])
    return Colours(
        contrast=float(high - low),
        bright_level=float(np.median(weakest[brightest])),
        bright_chroma=float(np.median(chroma[brightest])),
        dark_chroma=float(np.median(chroma[darkest])),
        paling=_correlation(chroma / np.maximum(strongest, 1), brightness),
        fading=_correlation(chroma, brightness),
        green_lacks=float(stained.mean()) if len(stained) else 0.0,
        glare=float(((strongest >= 253) & (weakest < 235)).mean()),
        channels=_channels(rgb),
    )


def _channels(rgb: Doubles) -> int:
    """How many channels tell something of their own."""
    span = np.diff(np.percentile(rgb, [1, 99.9], axis=0), axis=0)[0]
    if span.max() < 6:
        return 0
    if np.percentile(rgb.max(axis=1) - rgb.min(axis=1), 99) < 6:
        return 1  # grey
    return int((span > 0.08 * span.max()).sum())


def _correlation(first: Doubles, second: Doubles) -> float:
    if min(first.std(), second.std()) < 1e-3:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
