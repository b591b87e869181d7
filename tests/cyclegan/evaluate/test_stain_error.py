"""Stain of known amounts."""

import numpy as np
import pytest

from cyclegan.evaluate.metric import FieldMetric
from cyclegan.evaluate.stain_error import EOSIN_ERROR, HAEMATOXYLIN_ERROR
from cyclegan.images.image import Pixels
from cyclegan.stains import EOSIN, HAEMATOXYLIN, Vector
from tests.cyclegan.evaluate.pictures import field_of

AMOUNTS = np.random.default_rng(0).uniform(0.2, 0.6, (80, 70))


def stained(haematoxylin: float, eosin: float) -> Pixels:
    """H&E with random amounts of both stains and so much more of each."""

    def density(extra: float, stain: Vector) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        unit = np.array(stain) / np.linalg.norm(stain)
        return np.asarray((AMOUNTS + extra)[..., None] * unit)

    levels = 256 * 10 ** -(density(haematoxylin, HAEMATOXYLIN) + density(eosin, EOSIN)) - 1
    return np.rint(levels).astype(np.uint8)


@pytest.mark.parametrize(
    ("haematoxylin", "eosin"), [(0.0, 0.0), (0.2, 0.0), (0.0, 0.15), (-0.1, 0.1)]
)
def test_the_error_is_what_was_added(haematoxylin: float, eosin: float) -> None:
    made = field_of(stained(haematoxylin, eosin), truth=stained(0, 0))
    wanted: list[tuple[FieldMetric, float]]
    wanted = [(HAEMATOXYLIN_ERROR, haematoxylin), (EOSIN_ERROR, eosin)]
    for metric, added in wanted:
        reading = metric.measure(made)
        assert reading is not None
        assert reading.value == pytest.approx(abs(added), abs=0.005)


def test_where_the_stain_is_does_not_matter() -> None:
    truth = stained(0, 0)
    reading = HAEMATOXYLIN_ERROR.measure(field_of(np.ascontiguousarray(truth[::-1]), truth=truth))
    assert reading is not None
    assert reading.value == pytest.approx(0, abs=1e-6)
