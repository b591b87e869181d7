"""The sample of a whole image."""

import numpy as np
import pytest

from cyclegan.sample import sample_blocks
from tests.cyclegan.arrays import ArrayReader, noise


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (2, 2), (3, 3), (200, 301)])
def test_a_sample_is_never_empty_and_never_much_larger_than_asked(shape: tuple[int, int]) -> None:
    blocks = sample_blocks(ArrayReader(noise(*shape)), count=100)
    assert 1 <= len(blocks) <= 121
    assert blocks.shape[1] == min(3, shape[0]) * min(3, shape[1])


def test_a_small_image_is_sampled_whole() -> None:
    picture = noise(6, 9)
    blocks = sample_blocks(ArrayReader(picture), count=1000)
    wanted = picture.reshape(2, 3, 3, 3, 3).transpose(0, 2, 1, 3, 4).reshape(6, 9, 3)
    assert np.array_equal(blocks, wanted)


def test_all_parts_of_an_image_are_sampled() -> None:
    y, x = np.mgrid[:200, :300]
    picture = np.stack([y, x // 2, x * 0], axis=-1).astype(np.uint8)
    places = sample_blocks(ArrayReader(picture), count=400)[:, 4]
    assert places[:, :2].min(axis=0).tolist() == [1, 0]
    assert (places[:, :2].max(axis=0) > [180, 140]).all()
