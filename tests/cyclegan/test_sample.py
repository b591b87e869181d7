"""The sample of a whole image."""

import numpy as np
import pytest

from cyclegan.images.image import Pixels
from cyclegan.sample import READ_PX, sample_blocks
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


class NotedReader(ArrayReader):
    """Knows from which column on it was read, each time, and how many columns."""

    def __init__(self, pixels: Pixels) -> None:
        super().__init__(pixels)
        self.read_columns: list[tuple[int, int]] = []

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        self.read_columns.append((x, width))
        return super().read(y, x, height, width)


def test_a_wide_image_is_read_some_columns_after_others_to_the_sample_of_whole_rows() -> None:
    # Otherwise each tile of a large slide was decoded for each row of blocks in it.
    picture = noise(30, 3 * READ_PX)
    reader = NotedReader(picture)
    blocks = sample_blocks(reader, count=3 * READ_PX)
    rows, columns = (np.arange(0, side - 2, 6) for side in picture.shape[:2])
    wanted = [picture[y : y + 3, x : x + 3].reshape(9, 3) for y in rows for x in columns]
    assert np.array_equal(blocks, wanted)
    assert reader.read_columns == sorted(reader.read_columns)
    assert all(count <= READ_PX for _, count in reader.read_columns)
