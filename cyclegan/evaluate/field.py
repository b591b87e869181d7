"""A field of an image: what came in, what came out, what is true; and what metrics take from them.

All pictures of a field have the same size. What several metrics need is computed once and kept for
as long as the field is. Nothing here is ever written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import ndimage

from cyclegan.detection import Nuclei, find_nuclei
from cyclegan.dyes import Dyes, unmix
from cyclegan.evaluate.objects import find_objects
from cyclegan.images.image import Pixels
from cyclegan.inputs.grey import LUMA
from cyclegan.stains import Floats, separate


@dataclass(frozen=True)
class Lines:
    """Where tiles meet inside a field, in px of the field: a line lies before the px it names."""

    rows: Sequence[int] = ()
    columns: Sequence[int] = ()


@dataclass(frozen=True, eq=False)
class Scene:
    """What is given of a field, the same for every translation of it."""

    input: Pixels
    truth: Pixels | None
    dyes: Dyes
    """Of the whole input image."""
    spacing_um: float | None = None
    """µm per pixel, or None when it is unknown."""

    @cached_property
    def amounts(self) -> Floats:
        """Nuclear dye and counterstain, (height, width, 2), 0..1 and above for the strongest."""
        signal = self.input - np.asarray(self.dyes.background)
        found = unmix(signal, np.array([self.dyes.nuclear, self.dyes.counterstain]))
        ranges = np.array([self.dyes.nuclear_range, self.dyes.counterstain_range])
        scaled = (found - ranges[:, 0]) / (ranges[:, 1] - ranges[:, 0])
        return np.asarray(scaled, dtype=np.float32)

    @cached_property
    def nuclei(self) -> Nuclei:
        """The nuclei of the input."""
        return find_nuclei(self.amounts[..., 0], self.spacing_um)

    @cached_property
    def true_stains(self) -> Floats | None:
        """Haematoxylin, eosin, residual of the truth."""
        return None if self.truth is None else separate(self.truth)

    @cached_property
    def true_nuclei(self) -> Nuclei | None:
        """The nuclei of the truth."""
        stains = self.true_stains
        return None if stains is None else find_nuclei(stains[..., 0], self.spacing_um)

    @cached_property
    def true_objects(self) -> Nuclei | None:
        """The nuclei of the truth as connected objects."""
        stains = self.true_stains
        return None if stains is None else find_objects(stains[..., 0], self.spacing_um)

    @cached_property
    def light(self) -> Floats:
        """Luminance of the input turned over, as light becomes dark in H&E; 0..255."""
        return 255 - luminance(self.input)

    @cached_property
    def edges(self) -> Floats:
        """How steep the luminance of the input is."""
        return steepness(self.light)


@dataclass(frozen=True, eq=False)
class Field:
    """A scene and one translation of it."""

    scene: Scene
    output: Pixels
    lines: Lines = field(default_factory=Lines)
    """Where the tiles of the translation meet."""
    twice: Sequence[tuple[Pixels, Pixels]] = ()
    """The same place as it came out in two different tiles, before tiles were put together."""

    @cached_property
    def stains(self) -> Floats:
        """Haematoxylin, eosin, residual of the output, (height, width, 3)."""
        return separate(self.output)

    @cached_property
    def nuclei(self) -> Nuclei:
        """The nuclei of the output."""
        return find_nuclei(self.stains[..., 0], self.scene.spacing_um)

    @cached_property
    def objects(self) -> Nuclei:
        """The nuclei of the output as connected objects."""
        return find_objects(self.stains[..., 0], self.scene.spacing_um)

    @cached_property
    def light(self) -> Floats:
        """Luminance of the output, (height, width), 0..255."""
        return luminance(self.output)

    @cached_property
    def edges(self) -> Floats:
        """How steep the luminance of the output is."""
        return steepness(self.light)


def luminance(rgb: Pixels) -> Floats:
    """(height, width) float32, 0..255."""
    return np.asarray(rgb @ np.array(LUMA, dtype=np.float32), dtype=np.float32)


def steepness(light: Floats) -> Floats:
    """The length of the gradient of a map, smoothed by one px."""
    steep = ndimage.gaussian_gradient_magnitude(light, 1.0, mode="nearest")
    return np.asarray(steep, dtype=np.float32)
