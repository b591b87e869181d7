"""Invented and lost nuclei, where it is known which are."""

import pytest

from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric, Reading
from cyclegan.evaluate.nuclei import (
    PRECISION,
    RECALL,
    TOLERANT_PRECISION,
    TOLERANT_RECALL,
    TRUE_OBJECTS_PRECISION,
    TRUE_OBJECTS_RECALL,
    TRUE_PRECISION,
    TRUE_RECALL,
)
from tests.cyclegan.evaluate.pictures import discs, field_of, fluorescent, places, stained

CENTRES = places(60, 256)


def field(shown: list[tuple[int, int]], there: list[tuple[int, int]]) -> Field:
    return field_of(stained(discs(shown)), given=fluorescent(discs(there)))


def readings(metrics: tuple[FieldMetric, ...], of: Field) -> list[Reading | None]:
    return [metric.measure(of) for metric in metrics]


def test_all_nuclei_and_no_others_are_found() -> None:
    metrics = (PRECISION, RECALL, TOLERANT_PRECISION, TOLERANT_RECALL)
    assert readings(metrics, field(CENTRES, CENTRES)) == [(1.0, 60)] * 4


def test_invented_nuclei_lower_the_precision_by_their_share() -> None:
    assert readings((PRECISION, RECALL), field(CENTRES, CENTRES[:45])) == [(0.75, 60), (1.0, 45)]


def test_lost_nuclei_lower_the_recall_by_their_share() -> None:
    assert readings((PRECISION, RECALL), field(CENTRES[:45], CENTRES)) == [(1.0, 45), (0.75, 60)]


@pytest.mark.parametrize(("by", "share"), [(4, 1.0), (8, 0.0)])
def test_nuclei_may_be_within_three_micrometres(by: int, share: float) -> None:
    moved = field([(y, x + by) for y, x in CENTRES], CENTRES)
    assert readings((PRECISION, RECALL), moved) == [(share, 60)] * 2


def test_a_pale_nucleus_is_a_strict_fault_and_no_tolerant_one() -> None:
    pale = discs(CENTRES[:-1]) + 0.54 * discs(CENTRES[-1:])
    made = field_of(stained(pale), given=fluorescent(discs(CENTRES)))
    found = readings((RECALL, TOLERANT_RECALL), made)
    assert found == [(pytest.approx(59 / 60), 60), (1.0, 60)]


def test_the_truth_is_compared_in_the_same_way() -> None:
    made = field_of(stained(discs(CENTRES[:45])), truth=stained(discs(CENTRES)))
    assert readings((TRUE_PRECISION, TRUE_RECALL), made) == [(1.0, 45), (0.75, 60)]


def test_objects_are_compared_with_the_truth_at_any_cut_near_its_own() -> None:
    shown = discs(CENTRES[:45]) + 0.45 * discs(CENTRES[45:50])
    made = field_of(stained(shown), truth=stained(discs(CENTRES)))
    found = readings((TRUE_OBJECTS_PRECISION, TRUE_OBJECTS_RECALL), made)
    assert found == [(1.0, 45), (pytest.approx(50 / 60), 60)]
    assert TRUE_OBJECTS_RECALL.measure(field_of(stained(shown))) is None


def test_where_there_are_no_nuclei_none_can_be_lost() -> None:
    assert readings((RECALL, PRECISION), field(CENTRES, [])) == [None, (0.0, 60)]
    assert readings((RECALL, PRECISION), field([], CENTRES)) == [(0.0, 60), None]
