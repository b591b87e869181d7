"""What is found in an image and its translation, where, and in how much memory."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.nuclei import Nucleus, stamp
from cyclegan.quality.survey import Survey, survey
from cyclegan.rigs import FAMILIES
from cyclegan.simulate import expose
from cyclegan.stains import Floats, render
from tests.cyclegan.arrays import ArrayReader, noise
from tests.cyclegan.quality import made

PLACE = (200, 120)
"""px: where a nucleus is, and nothing near it."""


def surveyed(image: Pixels, result: Pixels) -> Survey:
    return survey(ArrayReader(image), ArrayReader(result))


def with_hole() -> tuple[Floats, Floats]:
    """The made tissue without nuclei around the place."""
    grown = made.tissue()
    nuclear = grown.nuclear.copy()
    nuclear[PLACE[0] - 40 : PLACE[0] + 40, PLACE[1] - 40 : PLACE[1] + 40] = 0
    return nuclear, grown.counterstain


def with_nucleus() -> tuple[Floats, Floats]:
    """The same with one nucleus at the place."""
    nuclear, counterstain = (layer.copy() for layer in with_hole())
    nucleus = Nucleus(*PLACE, long=8, short=6, angle=0, strength=0.9)
    stamp(nucleus, nuclear, counterstain, np.zeros_like(nuclear))
    return nuclear, counterstain


def at_place(values: Floats, cell_px: int) -> float:
    """What a map shows at the place."""
    row, column = (int(px // cell_px) for px in PLACE)
    return float(values[row, column])


@pytest.mark.parametrize(
    ("image", "result", "found", "quiet"),
    [(with_hole, with_nucleus, "invented", "lost"), (with_nucleus, with_hole, "lost", "invented")],
)
def test_a_nucleus_that_only_one_of_the_two_has_is_found_at_its_place(
    image: Callable[[], tuple[Floats, Floats]],
    result: Callable[[], tuple[Floats, Floats]],
    found: str,
    quiet: str,
) -> None:
    muse = expose(*image()).muse
    wrong, true = (surveyed(muse, render(*pictured())) for pictured in (result, image))
    more = {
        key: at_place(wrong.maps[key].values, wrong.cells.cell_px)
        - at_place(true.maps[key].values, true.cells.cell_px)
        for key in (found, quiet)
    }
    assert more[found] > 0.15
    assert more[quiet] < 0.05


@pytest.mark.parametrize("family", FAMILIES)
def test_a_true_translation_raises_no_doubt_whatever_the_rig(family: str) -> None:
    (rig,) = made.rigs_of(family, 1)
    found = surveyed(made.muse(rig), made.he())
    assert not {"invented_nuclei", "lost_nuclei"} & {verdict.code for verdict in found.verdicts}


def test_another_pictures_translation_is_doubtful() -> None:
    codes = {verdict.code for verdict in surveyed(made.muse(), made.he(seed=1)).verdicts}
    assert codes >= {"invented_nuclei", "lost_nuclei"}


def test_what_is_clipped_is_shown_where_it_is() -> None:
    image = made.muse(nuclear_level=100, counterstain_level=90).copy()
    image[64:160, 200:296, 0] = 255
    found = surveyed(image, made.he())
    shown = found.maps["saturation"].values > 0.5
    assert shown[2:5, 7:9].all()
    assert shown.sum() <= 5 * 5
    assert found.maps["saturation"].share == pytest.approx(96 * 96 / made.SIDE**2, rel=0.05)


def test_the_worst_of_an_image_is_said_in_verdicts() -> None:
    def codes(image: Pixels) -> list[str]:
        return [verdict.code for verdict in surveyed(image, made.he()).verdicts]

    assert codes(made.muse()) == []
    assert "mostly_blurred" in codes(made.muse(blur_px=8))
    assert "mostly_saturated" in codes(made.muse(nuclear_level=900, counterstain_level=900))


def test_h_and_e_is_not_searched_for_nuclei_as_if_it_were_muse() -> None:
    found = surveyed(made.he(), made.he())
    assert [verdict.code for verdict in found.verdicts] == ["already_he"]
    assert set(found.maps) == {"blur", "saturation"}


def test_colours_that_the_model_does_not_know_are_shown_where_they_are() -> None:
    image = made.muse()
    image[64:160, 192:288] = (0, 255, 0)

    def is_green(pixels: Pixels) -> np.ndarray:
        return pixels[..., 1] > 200

    found = survey(ArrayReader(image), ArrayReader(made.he()), strange=is_green)
    values = found.maps["colours"].values
    assert values[2:5, 6:9].min() == 1
    assert values.sum() == 9
    assert found.maps["colours"].share == pytest.approx(96 * 96 / made.SIDE**2, rel=0.2)
    assert not {verdict.code for verdict in found.verdicts} & {"unfamiliar_colours"}


def test_an_image_with_much_that_the_model_does_not_know_is_doubtful() -> None:
    image, result = ArrayReader(made.muse()), ArrayReader(made.he())
    found = survey(image, result, strange=lambda pixels: pixels[..., 0] >= 0)
    assert [verdict.code for verdict in found.verdicts] == ["unfamiliar_colours"]
    assert "colours" not in survey(image, result).maps


def test_an_image_that_is_nearly_all_ground_has_hardly_any_tissue() -> None:
    image, result = np.full((1024, 1024, 3), 12, np.uint8), np.full((1024, 1024, 3), 255, np.uint8)
    image[:64, :64] = made.muse()[:64, :64]
    assert "little_tissue" in {verdict.code for verdict in surveyed(image, result).verdicts}


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 700), (33, 31), (401, 67)])
def test_images_of_odd_sizes_have_maps_that_cover_them(height: int, width: int) -> None:
    found = surveyed(noise(height, width), noise(height, width, seed=1))
    rows, columns = found.cells.shape
    assert rows * found.cells.cell_px >= height > (rows - 1) * found.cells.cell_px
    assert columns * found.cells.cell_px >= width > (columns - 1) * found.cells.cell_px
    assert all(drawn.values.shape == (rows, columns) for drawn in found.maps.values())


def test_threads_change_nothing() -> None:
    image, result = Repeated(made.muse(), 3), Repeated(made.he(), 3)
    alone, together = (survey(image, result, workers=n) for n in (1, 3))
    assert alone.maps.keys() == together.maps.keys()
    for key, drawn in alone.maps.items():
        np.testing.assert_array_equal(drawn.values, together.maps[key].values)


class Repeated(Reader):
    """A picture again and again, without ever being there as a whole."""

    def __init__(self, pixels: Pixels, times: int) -> None:
        self._pixels = pixels
        height, width = pixels.shape[:2]
        self._info = ImageInfo(height * times, width * times, "array", bits=8, channels=3)

    @property
    def info(self) -> ImageInfo:
        return self._info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        rows, columns = (
            np.arange(start, start + size) % whole
            for start, size, whole in zip(
                (y, x), (height, width), self._pixels.shape[:2], strict=True
            )
        )
        return self._pixels[np.ix_(rows, columns)]

    def close(self) -> None:
        pass


def test_memory_does_not_grow_with_the_image() -> None:
    def peak(times: int) -> int:
        image, result = Repeated(made.muse(), times), Repeated(made.he(), times)
        tracemalloc.start()
        try:
            survey(image, result)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(7) < 1.3 * peak(3)
