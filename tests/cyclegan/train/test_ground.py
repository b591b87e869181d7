"""Where in an image crops are taken."""

import numpy as np
import pytest

from cyclegan.images.image import Pixels, Reader
from cyclegan.train.ground import SHARES, Ground
from tests.cyclegan.arrays import ArrayReader, noise


def island(side: int = 1280) -> Pixels:
    """Tissue in the middle of white glass: a third of the height and width."""
    image = np.full((side, side, 3), 245, np.uint8)
    third = slice(side // 3, 2 * side // 3)
    image[third, third] = noise(side, side)[third, third] // 2 + 60
    return image


class Pyramid(ArrayReader):
    """An image that has a coarser level."""

    def overview(self, longest: int) -> Reader:
        return ArrayReader(self._pixels[::2, ::2])

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        raise AssertionError("tissue is found without reading all pixels")


def middles(ground: Ground, count: int, size: int = 64) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.array([ground.draw(rng, size) for _ in range(count)]) + size / 2


@pytest.mark.parametrize("kind", [ArrayReader, Pyramid])
def test_most_crops_are_of_tissue_and_some_of_its_edge_and_of_glass(
    kind: type[ArrayReader],
) -> None:
    image = island()
    ground = Ground(kind(image))
    y, x = middles(ground, 2000).astype(int).T
    away = np.maximum(np.abs(y - 640), np.abs(x - 640)) - 213
    block = 128 if kind is Pyramid else 64
    assert (away < block).mean() > SHARES["tissue"]
    assert 0.05 < (away > 2 * block).mean() < 0.15
    assert ground.tissue_share == pytest.approx(1 / 9, abs=0.06)


@pytest.mark.parametrize(
    ("kind", "nearest", "farthest"), [("tissue", -214, 64), ("edge", -64, 128), ("blank", 64, 427)]
)
def test_one_kind_of_place_can_be_asked_for(kind: str, nearest: int, farthest: int) -> None:
    ground = Ground(ArrayReader(island()))
    rng = np.random.default_rng(0)
    places = np.array([ground.draw(rng, 64, kind) for _ in range(200)]) + 32
    away = np.abs(places - 640).max(axis=1) - 213
    assert nearest < away.min()
    assert away.max() < farthest


@pytest.mark.parametrize("image", [noise(500, 700), np.full((500, 700, 3), 245, np.uint8)])
def test_an_image_of_one_kind_is_drawn_from_all_over(image: Pixels) -> None:
    y, x = middles(Ground(ArrayReader(image)), 1000, size=20).T
    assert (y < 100).sum() > 100
    assert (x > 600).sum() > 70


def test_crops_lie_inside_and_reach_every_edge() -> None:
    ground = Ground(ArrayReader(noise(100, 130)))
    rng = np.random.default_rng(0)
    y, x = np.array([ground.draw(rng, 40) for _ in range(500)]).T
    assert (y.min(), y.max()) == (0, 60)
    assert (x.min(), x.max()) == (0, 90)


def test_an_image_smaller_than_a_crop_stands_in_its_middle() -> None:
    ground = Ground(ArrayReader(noise(40, 200)))
    y, x = ground.draw(np.random.default_rng(0), 60)
    assert y == -10
    assert 0 <= x <= 140


def test_glass_alone_counts_as_one_block_of_tissue() -> None:
    ground = Ground(ArrayReader(np.full((640, 640, 3), 245, np.uint8)))
    assert ground.tissue_share == 0
    assert ground.tissue_px == 64 * 64
