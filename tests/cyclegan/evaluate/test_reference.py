"""How far real H&E is from itself."""

import numpy as np
import pytest

from cyclegan.evaluate import SET_METRICS
from cyclegan.evaluate.look import Look
from cyclegan.evaluate.reference import floor, looks_of, ratio
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.evaluate.pictures import discs, places, stained

METRIC = SET_METRICS["density_distance"]


def look(level: int) -> Look:
    return Look(np.full((50, 3), level, np.uint8), np.empty((0, 0)))


def test_files_that_are_alike_have_a_low_floor_and_others_a_high_one() -> None:
    alike = [[look(100)] for _ in range(6)]
    differ = [[look(60 + 25 * i)] for i in range(6)]
    found = floor(METRIC, alike), floor(METRIC, differ)
    assert found[0] == 0
    assert found[1] is not None
    assert found[1] > 0.05


def test_a_file_is_never_divided() -> None:
    # Both files have both colours; if fields were shared out, the halves would differ.
    files = [[look(60), look(200)], [look(200), look(60)]]
    assert floor(METRIC, files) == 0


def test_the_floor_is_the_same_each_time() -> None:
    files = [[look(40 + 20 * i)] for i in range(7)]
    assert floor(METRIC, files) == floor(METRIC, files)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_files_have_no_floor(count: int) -> None:
    assert floor(METRIC, [[look(90)]] * count) is None


def test_an_image_is_looked_at_field_by_field() -> None:
    he = stained(discs(places(40, 256)))
    wide = np.tile(he, (1, 5, 1))
    assert [len(found.colours) > 0 for found in looks_of(ArrayReader(wide))] == [True, True]


@pytest.mark.parametrize(
    ("value", "lowest", "wanted"),
    [(3.0, 1.5, 2.0), (None, 1.0, None), (1.0, None, None), (1.0, 0.0, None), (1.0, -0.1, None)],
)
def test_a_ratio_needs_a_floor_above_nothing(
    value: float | None, lowest: float | None, wanted: float | None
) -> None:
    assert ratio(value, lowest) == wanted
