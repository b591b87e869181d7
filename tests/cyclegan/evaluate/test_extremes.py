"""The best and the worst patches."""

import numpy as np
import pytest

from cyclegan.evaluate.error import MAE
from cyclegan.evaluate.extremes import KEPT, PATCH_PX, Extremes, Patch
from cyclegan.evaluate.field import Field
from cyclegan.evaluate.similarity import SSIM
from cyclegan.images.image import Pixels
from tests.cyclegan.arrays import noise
from tests.cyclegan.evaluate.pictures import field_of, flat

ERRORS = [50, 10, 90, 0, 30, 70, 20, 60, 40, 80, 5, 15]


def field(errors: list[int], *, given: Pixels | None = None) -> Field:
    """Patches side by side, each too dark by an error."""
    truth = flat(PATCH_PX, PATCH_PX * len(errors), 200)
    made = truth - np.repeat(errors, PATCH_PX)[None, :, None].astype(np.uint8)
    return field_of(made, truth=truth, given=given)


def places(patches: list[Patch]) -> list[tuple[float, int]]:
    return [(patch.value, patch.x) for patch in patches]


def test_the_best_and_the_worst_are_kept_in_their_order() -> None:
    extremes = Extremes(MAE)
    extremes.show("a.png", 0, 0, field(ERRORS[:6]))
    extremes.show("a.png", 0, 10_000, field(ERRORS[6:]))
    px = PATCH_PX
    assert places(extremes.best) == [
        (0, 3 * px),
        (5, 10_000 + 4 * px),
        (10, px),
        (15, 10_000 + 5 * px),
    ]
    assert [patch.value for patch in extremes.worst] == [90, 80, 70, 60]


def test_higher_is_better_for_some_metrics() -> None:
    extremes = Extremes(SSIM)
    extremes.show("a.png", 0, 0, field(ERRORS))
    assert [patch.x // PATCH_PX for patch in extremes.best] == [3, 10, 1, 11]
    assert [patch.x // PATCH_PX for patch in extremes.worst] == [2, 9, 5, 7]


@pytest.mark.parametrize("count", range(1, 2 * KEPT + 1))
def test_of_few_patches_half_are_the_best_and_half_the_worst(count: int) -> None:
    extremes = Extremes(MAE)
    extremes.show("a.png", 0, 0, field(ERRORS[:count]))
    best, worst = ([patch.value for patch in end] for end in (extremes.best, extremes.worst))
    assert best + worst[::-1] == sorted(ERRORS[:count])
    assert len(best) - len(worst) in {0, 1}


@pytest.mark.parametrize("count", range(1, KEPT + 1))
def test_a_patch_is_among_the_best_or_the_worst_and_not_both(count: int) -> None:
    extremes = Extremes(MAE)
    extremes.show("a.png", 0, 0, field([7] * count))
    shown = [patch.x // PATCH_PX for patch in extremes.best + extremes.worst]
    assert sorted(shown) == list(range(count))


def test_merging_gives_the_extremes_of_all() -> None:
    together, first, second = Extremes(MAE), Extremes(MAE), Extremes(MAE)
    for where, errors in ((first, ERRORS[:6]), (second, ERRORS[6:])):
        where.show("a.png", 0, 0, field(errors))
        together.show("a.png", 0, 0, field(errors))
    first.merge(second)
    assert places(first.best) == places(together.best)
    assert places(first.worst) == places(together.worst)


def test_empty_patches_are_not_shown() -> None:
    given = flat(PATCH_PX, 2 * PATCH_PX, 0)
    given[:, PATCH_PX:] = 200
    extremes = Extremes(MAE)
    extremes.show("a.png", 0, 0, field([5, 9], given=given))
    assert places(extremes.best) == [(9, PATCH_PX)]


def test_the_last_patches_lie_at_the_edge() -> None:
    truth = noise(500, 700)
    extremes = Extremes(MAE)
    extremes.show("a.png", 0, 0, field_of(noise(500, 700, 1), truth=truth))
    shown = {(patch.y, patch.x) for patch in extremes.best + extremes.worst}
    assert shown == {(y, x) for y in (0, 244) for x in (0, 256, 444)}


def test_no_patch_shows_nearly_the_same_as_its_neighbour() -> None:
    extremes = Extremes(MAE)
    extremes.show("a.png", 0, 0, field_of(noise(260, 515), truth=noise(260, 515, 1)))
    assert {(patch.y, patch.x) for patch in extremes.best + extremes.worst} == {(0, 0), (0, 256)}


def test_a_small_field_is_one_patch() -> None:
    extremes = Extremes(MAE)
    extremes.show("a.png", 7, 8, field_of(noise(40, 30), truth=noise(40, 30, 1)))
    (patch,) = extremes.best
    assert (patch.image, patch.y, patch.x, patch.output.shape) == ("a.png", 7, 8, (40, 30, 3))


def test_pictures_are_copies() -> None:
    made = field([50])
    extremes = Extremes(MAE)
    extremes.show("a.png", 0, 0, made)
    assert not np.shares_memory(extremes.best[0].output, made.output)
