"""Views as they would have been fitted on somewhat other pictures."""

import numpy as np
import pytest

from cyclegan.dyes import NO_DYE, Dyes
from cyclegan.inputs import INPUTS
from cyclegan.inputs.dyes import DyeView
from cyclegan.inputs.jitter import BACKGROUND, REFERENCE, jittered
from tests.cyclegan.arrays import ArrayReader, noise

VIEW = DyeView(
    Dyes((30, 40, 50), (0.1, 0.3, 0.95), (0.8, 0.6, 0.05), (10, 100), (0, 50)), brightness=60
)
PICTURE = noise(12, 15)


def drawn(view: DyeView, count: int = 400) -> list[DyeView]:
    rng = np.random.default_rng(0)
    views = [jittered(view, rng) for _ in range(count)]
    assert all(isinstance(one, DyeView) for one in views)
    return [one for one in views if isinstance(one, DyeView)]


@pytest.mark.parametrize("name", [name for name in INPUTS if name != "dyes"])
def test_a_view_that_has_no_fit_stays_as_it_is(name: str) -> None:
    view = INPUTS[name](ArrayReader(PICTURE))
    assert jittered(view, np.random.default_rng(0)) is view


def test_another_fit_shows_the_same_picture_somewhat_differently() -> None:
    exact = VIEW(PICTURE).astype(int)
    differences = [np.abs(view(PICTURE) - exact).mean() for view in drawn(VIEW, 50)]
    assert min(differences) > 0
    assert 2 < np.mean(differences) < 40


def test_the_fit_depends_on_the_generator_alone() -> None:
    first, again, other = (jittered(VIEW, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_backgrounds_and_references_scatter_around_those_that_were_fitted() -> None:
    views = drawn(VIEW)
    backgrounds = np.array([view.dyes.background for view in views])
    assert backgrounds.mean(axis=0) == pytest.approx((30, 40, 50), abs=0.6)
    assert backgrounds.std(axis=0) == pytest.approx([BACKGROUND] * 3, rel=0.15)
    for fitted, references in (
        (100, [view.dyes.nuclear_range[1] for view in views]),
        (50, [view.dyes.counterstain_range[1] for view in views]),
        (60, [view.brightness for view in views]),
    ):
        assert np.log(np.array(references) / fitted).std() == pytest.approx(REFERENCE, rel=0.15)


def test_dyes_stay_colours_of_unit_length() -> None:
    for view in drawn(VIEW):
        for colour in (view.dyes.nuclear, view.dyes.counterstain):
            assert min(colour) >= 0
            assert np.linalg.norm(colour) == pytest.approx(1)


def test_a_dye_that_a_picture_lacks_is_not_made_up() -> None:
    dyes = Dyes((5, 5, 5), NO_DYE, (0.8, 0.6, 0.0), (0, 24), (0, 50))
    assert {view.dyes.nuclear for view in drawn(DyeView(dyes, 60), 20)} == {NO_DYE}
