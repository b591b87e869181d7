"""Nuclei that only the image has, or only its translation: counted for each cell.

A nucleus counts that is one for certain, and of which the other picture has nothing within 3 µm,
not even what is nearly one: both pictures are searched by thresholds of their own, so that a pale
nucleus would be missed by chance.
"""

from __future__ import annotations

import numpy as np

from cyclegan.detection import Nuclei, find_nuclei
from cyclegan.dyes import Dyes
from cyclegan.images.image import Pixels
from cyclegan.matching import have_partner
from cyclegan.quality.patch import Patch
from cyclegan.recolour import CHUNK_PX, concentrations
from cyclegan.stains import Floats, optical_density, stain_matrix


def without_partner(image: Patch, result: Patch, dyes: Dyes) -> Floats:
    """For each cell: nuclei of the image, those lost, nuclei of the result, those invented.

    (4, rows, columns). `dyes` are those of the whole image.
    """
    spacing = image.cells.point_um
    before = find_nuclei(nuclear_dye(image.pixels, dyes), spacing)
    after = find_nuclei(haematoxylin(result.pixels), spacing)
    return np.stack(
        [
            image.counts(before.strict),
            image.counts(_lone(before, after)),
            image.counts(after.strict),
            image.counts(_lone(after, before)),
        ]
    )


def nuclear_dye(pixels: Pixels, dyes: Dyes) -> Floats:
    """The amount of nuclear dye of each pixel, (height, width), 0..1 as what is strongest."""
    flat = np.ascontiguousarray(pixels).reshape(-1, 3)
    found = np.empty(len(flat), np.float32)
    work = np.empty((8, min(CHUNK_PX, len(flat))), np.float32)
    for start in range(0, len(flat), CHUNK_PX):
        part = flat[start : start + CHUNK_PX]
        concentrations(part, dyes, work[:, : len(part)])
        found[start : start + len(part)] = work[0, : len(part)]
    return found.reshape(pixels.shape[:2])


def haematoxylin(pixels: Pixels) -> Floats:
    """The haematoxylin of each pixel of H&E, (height, width), in units of optical density."""
    share = np.linalg.inv(stain_matrix())[:, 0]
    return np.asarray(optical_density(pixels) @ share, dtype=np.float32)


def _lone(looked_for: Nuclei, among: Nuclei) -> np.ndarray:
    paired = have_partner(looked_for.strict, among.loose, looked_for.radius_px)
    return looked_for.strict[~paired]
