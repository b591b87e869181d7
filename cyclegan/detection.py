"""Where nuclei are in a map of their stain: blobs of the right size above a threshold.

The map's own threshold (Otsu) divides nucleus from cytoplasm, so a nucleus near it is found or not
by chance. Therefore nuclei are found twice: strictly, and loosely, with a lower threshold and
smaller blobs. Who looks for a strict one among the loose ones asks whether it is there at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.filters import threshold_otsu

from cyclegan.images.spacing import USUAL_SPACING_UM
from cyclegan.stains import Floats

MATCH_UM = 3.0
"""Two centres within this distance are one nucleus."""
BLOB_UM = 1.5
"""Standard deviation of the blob filter: for nuclei of about 2 µm radius and more."""
APART_UM = 2.0
"""Nuclei are at least so far from one another."""
LEAST_AREA_UM2 = 3.75
"""The smallest nucleus: 15 px at 0.5 µm."""
LEAST_STAIN = 0.1
"""A map that does not exceed this anywhere has no nuclei; stain is about 1 at its strongest."""
LEAST_CONTRAST = 0.3
"""Share of the threshold by which a nucleus stands out of its surroundings."""
LEAST_ROUNDNESS = 0.15
"""Curvature along a nucleus over that across it: a spindle of 24 x 5 px has 0.23."""
LOOSE = 0.8
"""Share of the threshold and of the contrast for the loose ones."""
LOOSE_AREA = 0.5
"""Share of the smallest area for the loose ones."""

Points = NDArray[np.float64]
"""(n, 2), (y, x) in px."""


@dataclass(frozen=True, eq=False)
class Nuclei:
    """Centres of nuclei."""

    strict: Points
    loose: Points
    """The strict ones and those that are nearly."""
    radius_px: float
    """Within which two centres are one nucleus."""


def find_nuclei(stain: Floats, spacing_um: float | None) -> Nuclei:
    """The nuclei of a map of nuclear stain, (height, width), about 1 where it is strongest."""
    pixel_um = spacing_um or USUAL_SPACING_UM
    smooth = ndimage.gaussian_filter(stain, 0.5 / pixel_um, mode="nearest")
    none = np.empty((0, 2))
    if smooth.max() - max(float(smooth.min()), LEAST_STAIN) < LEAST_STAIN:
        return Nuclei(none, none, MATCH_UM / pixel_um)
    # Of stained tissue: where glass is in the picture, it would divide tissue from glass.
    threshold = float(threshold_otsu(smooth[smooth > LEAST_STAIN]))
    sigma = BLOB_UM / pixel_um
    bends = [_second(stain, sigma, order) for order in ((2, 0), (0, 2), (1, 1))]
    contrast = -(bends[0] + bends[1])
    apart = max(1, round(APART_UM / pixel_um))
    peaks = _peaks(contrast, apart, LOOSE * LEAST_CONTRAST * threshold)
    area = LEAST_AREA_UM2 / pixel_um**2
    inside = _in_large(smooth > threshold, area)[tuple(peaks.T)]
    nearly = _in_large(smooth > LOOSE * threshold, LOOSE_AREA * area)[tuple(peaks.T)]
    stands_out = contrast[tuple(peaks.T)] > LEAST_CONTRAST * threshold
    is_round = _are_round(*(bend[tuple(peaks.T)] for bend in bends))
    points = peaks.astype(np.float64)
    strict, loose = points[inside & stands_out & is_round], points[nearly & is_round]
    return Nuclei(strict, loose, MATCH_UM / pixel_um)


def _peaks(contrast: Floats, apart: int, least: float) -> NDArray[np.intp]:
    """Places, (n, 2), that exceed `least` and all that is within `apart` px along either axis.

    Of equals that are so near the first counts.
    """
    around = np.pad(contrast, apart, constant_values=-np.inf)
    height, width = contrast.shape
    is_peak = contrast > least
    # The nearest neighbours leave so few that the others cost next to nothing.
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        y, x = apart + dy, apart + dx
        is_peak &= contrast >= around[y : y + height, x : x + width]
    peaks = np.argwhere(is_peak)
    windows = sliding_window_view(around, (2 * apart + 1, 2 * apart + 1))[tuple(peaks.T)]
    peaks = peaks[contrast[tuple(peaks.T)] >= windows.max(axis=(1, 2))]
    pairs = cKDTree(peaks).query_pairs(apart, p=np.inf, output_type="ndarray")
    return np.delete(peaks, pairs.max(axis=1), axis=0) if len(pairs) else peaks


def _second(stain: Floats, sigma: float, order: tuple[int, int]) -> Floats:
    """A second derivative of the smoothed map, in units of stain."""
    return np.asarray(sigma**2 * ndimage.gaussian_filter(stain, sigma, order, mode="nearest"))


def _are_round(down: Floats, across: Floats, askew: Floats) -> NDArray[np.bool_]:
    """Whether places are bent to all sides, as a blob is, and not to one, as an edge is."""
    mean, spread = -(down + across) / 2, np.hypot((down - across) / 2, askew)
    return np.asarray(mean - spread > LEAST_ROUNDNESS * (mean + spread))


def _in_large(mask: NDArray[np.bool_], area: float) -> NDArray[np.bool_]:
    """The parts of a mask that are connected and have at least this many px."""
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(sizes[parts] >= area)
