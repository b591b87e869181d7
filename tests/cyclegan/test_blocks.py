"""What blocks of an image are like."""

import numpy as np
import pytest

from cyclegan import blocks
from cyclegan.blocks import measure
from cyclegan.images.image import Pixels
from tests.cyclegan.arrays import ArrayReader, noise


class Recording(ArrayReader):
    """Keeps what was asked for."""

    def __init__(self, pixels: Pixels) -> None:
        super().__init__(pixels)
        self.asked: list[tuple[int, int, int, int]] = []

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        self.asked.append((y, x, height, width))
        return super().read(y, x, height, width)


def test_a_block_has_the_level_and_the_extremes_of_its_cells() -> None:
    pixels = np.full((64, 128, 3), 50, np.uint8)
    pixels[16, 64:72] = 90, 50, 10
    found = measure(ArrayReader(pixels), block=64)
    assert found.level.shape == (1, 2, 3)
    assert found.level[0, 1].tolist() == [50 + 40 / 64, 50, 50 - 40 / 64]
    assert found.darkest[0].tolist() == [[50, 50, 50], [50, 50, 10]]
    assert found.brightest[0].tolist() == [[50, 50, 50], [90, 50, 50]]
    assert found.texture[0, 0].tolist() == [0, 0, 0]
    assert found.texture[0, 1, 0] == pytest.approx(40 * (63 / 64 / 64) ** 0.5)


def test_nothing_of_eight_px_is_missed() -> None:
    for y in range(0, 57, 7):
        pixels = np.zeros((64, 64, 3), np.uint8)
        pixels[y : y + 8, 11:19] = 200
        assert measure(ArrayReader(pixels), block=64).brightest.max() >= 100


@pytest.mark.parametrize("sigma", [1, 3, 10])
@pytest.mark.parametrize("channels", [1, 3], ids=["of a grey camera", "of each colour"])
def test_noise_is_told_from_the_pixels_of_calm_cells(sigma: float, channels: int) -> None:
    grain = np.random.default_rng(0).normal(100, sigma, (256, 256, channels))
    pixels = np.broadcast_to(grain.round().astype(np.uint8), (256, 256, 3)).copy()
    pixels[:, ::64] = 255  # structure does not count as noise
    assert measure(ArrayReader(pixels), block=64).noise == pytest.approx(sigma, rel=0.4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (65, 63), (300, 129)])
def test_blocks_cover_an_image_of_any_size(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 77, np.uint8)
    found = measure(ArrayReader(pixels), block=64)
    assert found.level.shape == (-(-shape[0] // 64), -(-shape[1] // 64), 3)
    assert (found.level == 77).all()
    assert not found.texture.any()


def test_bands_are_bounded_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measure(ArrayReader(noise(700, 100)), block=64)
    monkeypatch.setattr(blocks, "BAND_BYTES", 130 * 100 * 3)
    reader = Recording(noise(700, 100))
    found = measure(reader, block=64)
    assert {height for _, _, height, _ in reader.asked} == {128, 700 % 128}
    assert sum(height for _, _, height, _ in reader.asked) == 700, "each row is read once"
    np.testing.assert_array_equal(found.texture, whole.texture)
