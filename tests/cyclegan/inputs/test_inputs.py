"""Laws that hold for every view."""

import json

import numpy as np
import pytest

from cyclegan.images.image import Pixels
from cyclegan.inputs import INPUTS, View
from cyclegan.phantom import grow
from cyclegan.recolour import CHUNK_PX
from cyclegan.simulate import expose
from tests.cyclegan.arrays import ArrayReader, noise


@pytest.fixture(scope="module")
def muse() -> Pixels:
    tissue = grow(150, 190, seed=3)
    return expose(tissue.nuclear, tissue.counterstain).muse


@pytest.fixture(params=INPUTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fitted(name: str, pixels: Pixels) -> View:
    return INPUTS[name](ArrayReader(pixels))


def test_a_view_shows_as_many_pixels_as_it_is_given(name: str, muse: Pixels) -> None:
    view = fitted(name, muse)
    for pixels in (muse, muse[5:6, 7:8], muse[:0], muse[::3, ::2], muse[0], muse[None, :4, :5]):
        seen = view(pixels)
        assert seen.shape == pixels.shape
        assert seen.dtype == np.uint8


def test_a_view_leaves_what_it_is_given_as_it_is(name: str, muse: Pixels) -> None:
    given = muse.copy()
    given.setflags(write=False)
    fitted(name, given)(given)
    assert (given == muse).all()


def test_cuts_of_a_picture_are_seen_as_the_whole_is(name: str, muse: Pixels) -> None:
    view = fitted(name, muse)
    whole = view(muse)
    for part in (np.s_[:, 100:], np.s_[31:64, 17:90], np.s_[149:, :1]):
        assert (view(muse[part]) == whole[part]).all()


def test_equal_pixels_become_equal_wherever_they_stand(name: str, muse: Pixels) -> None:
    palette = noise(1, 37)
    many = np.resize(palette, (1, CHUNK_PX + 38, 3))
    seen = fitted(name, muse)(many)
    assert (seen == np.resize(seen[:, :37], many.shape)).all()


@pytest.mark.parametrize("level", [0, 9, 130, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (40, 30)])
def test_a_picture_of_one_colour_is_seen_in_one_colour(
    name: str, level: int, shape: tuple[int, int]
) -> None:
    pixels = np.full((*shape, 3), level, np.uint8)
    seen = fitted(name, pixels)(pixels)
    assert (seen == seen[0, 0]).all()


def test_a_view_says_its_name_and_what_was_fitted_in_plain_values(name: str, muse: Pixels) -> None:
    told = fitted(name, muse).provenance()
    assert told["input"] == name
    assert json.loads(json.dumps(told)) == told
