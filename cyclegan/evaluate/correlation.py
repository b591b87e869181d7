"""Pearson correlations: of pixels with the truth, of haematoxylin, and of edges with the input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric, Reading


def correlate(first: NDArray[np.generic], second: NDArray[np.generic]) -> Reading | None:
    """The correlation of two arrays of one shape; None where one of them does not vary."""
    a, b = (np.asarray(values, dtype=np.float64).ravel() for values in (first, second))
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a @ a) * (b @ b)))
    if spread <= 1e-9 * len(a):
        return None
    return Reading(float(np.clip((a @ b) / spread, -1, 1)), len(a))


def _pixels(field: Field) -> Reading | None:
    truth = field.scene.truth
    return None if truth is None else correlate(field.output, truth)


def _haematoxylin(field: Field) -> Reading | None:
    stains = field.scene.true_stains
    return None if stains is None else correlate(field.stains[..., 0], stains[..., 0])


def _edges(field: Field) -> Reading | None:
    return correlate(field.edges, field.scene.edges)


PIXEL_CORRELATION = FieldMetric(
    title="Pixel correlation (PCC)",
    unit="",
    better="higher",
    needs="truth",
    meaning="Pearson correlation of all pixel values with the truth's. Blind to brightness and "
    "contrast of the whole; needs a truth that lies on the output to the pixel.",
    measure=_pixels,
)
HAEMATOXYLIN_CORRELATION = FieldMetric(
    title="Haematoxylin correlation",
    unit="",
    better="higher",
    needs="truth",
    meaning="Pearson correlation of the haematoxylin of output and truth, pixel by pixel: are "
    "nuclei where they belong, as dark relative to one another as they are. Blind to how strong "
    "the stain is as a whole.",
    measure=_haematoxylin,
)
EDGE_CORRELATION = FieldMetric(
    title="Edge correlation",
    unit="",
    better="higher",
    needs="input",
    meaning="Pearson correlation of the steepness of luminance in input and output: are edges "
    "where they were. 1 for the inverted input, whose edges are the input's; a translation that "
    "shows two dyes of one brightness apart has less, rightly.",
    measure=_edges,
)
