"""White that should stay white."""

import numpy as np
import pytest

from cyclegan.evaluate.background import STAINED_BACKGROUND, TRUE_BACKGROUND
from cyclegan.images.image import Pixels
from tests.cyclegan.evaluate.pictures import field_of, flat


def half_empty() -> Pixels:
    """Counterstain in the right half, nothing in the left."""
    given = flat(100, 200, 0)
    given[:, 100:, 0] = 200
    return given


@pytest.mark.parametrize(("level", "share"), [(255, 0), (230, 0), (226, 1), (100, 1)])
def test_background_is_stained_from_a_density_of_a_twentieth(level: int, share: float) -> None:
    reading = STAINED_BACKGROUND.measure(field_of(flat(100, 200, level), given=half_empty()))
    assert reading is not None
    assert reading.value == share


def test_only_where_there_is_no_dye_is_looked_at() -> None:
    made = flat(100, 200, 255)
    made[:, 100:] = 40
    made[:25, :100] = 40
    reading = STAINED_BACKGROUND.measure(field_of(made, given=half_empty()))
    assert reading is not None
    assert reading.value == pytest.approx(0.25, abs=0.01)
    assert reading.weight == pytest.approx(100 * 100, rel=0.1)


def test_tissue_everywhere_has_no_background() -> None:
    given = np.maximum(half_empty(), 90)
    assert STAINED_BACKGROUND.measure(field_of(given, given=given)) is None


def test_a_lumen_of_the_truth_is_asked_for_even_where_haze_lies_over_it() -> None:
    truth = flat(100, 200, 180)
    truth[:, :100] = 250
    veiled = flat(100, 200, 215)
    veiled[:50] = 245
    field = field_of(veiled, given=flat(100, 200, 90), truth=truth)
    assert STAINED_BACKGROUND.measure(field) is None
    reading = TRUE_BACKGROUND.measure(field)
    assert reading is not None
    assert reading.value == pytest.approx(0.5, abs=0.02)
    assert reading.weight == pytest.approx(100 * 100, rel=0.1)


def test_the_truth_itself_leaves_all_white() -> None:
    truth = flat(100, 200, 180)
    truth[:, :100] = 250
    reading = TRUE_BACKGROUND.measure(field_of(truth, truth=truth))
    assert reading is not None
    assert reading.value == 0


def test_pale_tissue_is_no_glass() -> None:
    truth = flat(100, 200, 232)
    assert TRUE_BACKGROUND.measure(field_of(flat(100, 200, 200), truth=truth)) is None
