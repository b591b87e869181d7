"""An image at a whole fraction of its size."""

import numpy as np
import pytest

from cyclegan.images.preview import means
from cyclegan.images.shrunk import Shrunk
from tests.cyclegan.arrays import ArrayReader, noise


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
def test_any_region_is_that_of_the_whole_image_shrunk(factor: int) -> None:
    pixels = noise(37, 50)
    whole = means(pixels, factor)
    shrunk = Shrunk(ArrayReader(pixels), factor)
    assert (shrunk.info.height, shrunk.info.width) == whole.shape[:2]
    y, x = whole.shape[0] // 2, whole.shape[1] // 3
    part = shrunk.read(y, x, whole.shape[0] - y, whole.shape[1] - x)
    np.testing.assert_array_equal(part, whole[y:, x:])
