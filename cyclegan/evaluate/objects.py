"""Where nuclei are in a map of their stain: connected objects above a threshold, of any shape.

It is cruder than `detection`, which asks for blobs that stand out: touching nuclei are one object,
and one that is lumpy inside is still one. What is counted as an object depends on where the map is
cut, so that a strict one, cut at the map's own threshold (Otsu), is looked for among those of all
cuts near it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from cyclegan.detection import LEAST_STAIN, MATCH_UM, Nuclei, Points
from cyclegan.images.spacing import USUAL_SPACING_UM
from cyclegan.stains import Floats

AREA_UM2 = (3.75, 100.0)
"""The smallest and the largest nucleus: 15 and 400 px at 0.5 µm."""
CUTS = (0.8, 0.9, 1.0, 1.1, 1.2)
"""Shares of the threshold for the loose ones."""
LOOSE_AREA = 2.0
"""By so much the loose ones may be smaller or larger."""


def find_objects(stain: Floats, spacing_um: float | None) -> Nuclei:
    """The nuclei of a map of nuclear stain, (height, width), about 1 where it is strongest."""
    pixel_um = spacing_um or USUAL_SPACING_UM
    stained = stain[stain > LEAST_STAIN]
    if not stained.size or np.ptp(stained) < LEAST_STAIN:
        none = np.empty((0, 2))
        return Nuclei(none, none, MATCH_UM / pixel_um)
    threshold = float(threshold_otsu(stained))
    least, most = (area / pixel_um**2 for area in AREA_UM2)
    strict = _middles(stain > threshold, least, most)
    loose = [
        _middles(stain > cut * threshold, least / LOOSE_AREA, most * LOOSE_AREA) for cut in CUTS
    ]
    return Nuclei(strict, np.concatenate(loose), MATCH_UM / pixel_um)


def _middles(mask: NDArray[np.bool_], least: float, most: float) -> Points:
    """The centres of mass of the parts of a mask that are connected and of this many px."""
    parts, count = ndimage.label(mask)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    kept = np.flatnonzero((sizes >= least) & (sizes <= most)) + 1
    if not len(kept):
        return np.empty((0, 2))
    return np.array(ndimage.center_of_mass(mask, parts, kept), dtype=np.float64)
