"""Which fields are measured."""

import numpy as np
import pytest

from cyclegan.evaluate.sites import FIELD_PX, FIELDS, choose_sites
from cyclegan.images.image import ImageInfo, Pixels, Reader
from tests.cyclegan.arrays import ArrayReader


class Large(Reader):
    """An image of any size with noise in its upper half and black below."""

    def __init__(self, height: int, width: int) -> None:
        self._info = ImageInfo(height, width, "array", bits=8, channels=3)
        self._noise = np.random.default_rng(0).integers(90, 200, (256, width, 3), np.uint8)

    @property
    def info(self) -> ImageInfo:
        return self._info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        rows = np.resize(self._noise[:, x : x + width], (height, width, 3))
        rows[max(self._info.height // 2 - y, 0) :] = 3
        return rows

    def close(self) -> None:
        pass


@pytest.mark.parametrize("size", [(1, 1), (37, 1024), (1025, 1), (1000, 3000), (2049, 1025)])
def test_all_of_a_small_image_is_measured_once(size: tuple[int, int]) -> None:
    seen = np.zeros(size, np.int8)
    for y, x, height, width in choose_sites(ArrayReader(np.zeros((*size, 3), np.uint8))):
        assert 1 <= height <= FIELD_PX
        assert 1 <= width <= FIELD_PX
        seen[y : y + height, x : x + width] += 1
    assert (seen == 1).all()


def test_of_a_large_image_there_is_a_sample_that_has_tissue() -> None:
    reader = Large(5200, 4200)
    sites = choose_sites(reader)
    assert len(sites) == FIELDS
    for site in sites:
        site.require_inside(5200, 4200)
    assert sum(site.y < 2600 for site in sites) >= FIELDS / 2
    assert sites == choose_sites(reader)
