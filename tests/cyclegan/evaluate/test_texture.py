"""Handcrafted features, and distances between sets of them."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from cyclegan.evaluate.discrepancy import squared_discrepancy
from cyclegan.evaluate.frechet import frechet, scaled, shrunk_covariance
from cyclegan.evaluate.texture import PATCH_PX, Doubles, describe
from cyclegan.images.image import Pixels
from tests.cyclegan.arrays import noise
from tests.cyclegan.evaluate.pictures import discs, flat, places, stained

NUCLEI = stained(discs(places(20, PATCH_PX), PATCH_PX))
STRIPES = stained(np.tile(np.float32(0.5 + 0.5 * np.sin(np.arange(PATCH_PX))), (PATCH_PX, 1)))


def drawn(count: int, mean: object = 0.0, spread: object = 1.0, seed: int = 0) -> Doubles:
    """Rows of four features."""
    plain = np.random.default_rng(seed).standard_normal((count, 4))
    return np.asarray(mean + plain * np.asarray(spread))


def test_a_patch_has_sixty_six_features() -> None:
    assert describe(NUCLEI).shape == (66,)


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("patch", [NUCLEI, STRIPES])
def test_turning_a_patch_changes_next_to_nothing(patch: Pixels, turns: int) -> None:
    turned = describe(np.ascontiguousarray(np.rot90(patch, turns)))
    assert np.allclose(turned, describe(patch), rtol=0.02, atol=0.005)


def test_different_textures_have_different_features() -> None:
    flats, nuclei, grain = (
        describe(p) for p in (flat(PATCH_PX, PATCH_PX, 190), NUCLEI, noise(PATCH_PX, PATCH_PX))
    )
    assert np.abs(flats - nuclei).max() > 0.1
    assert np.abs(grain - nuclei).max() > 0.1


def test_the_distance_of_two_clouds_is_that_of_their_means() -> None:
    rows = drawn(20_000)
    assert frechet(rows + np.array([3, 0, 4, 0]), rows) == pytest.approx(25, rel=1e-6)


def test_the_distance_of_two_clouds_is_that_of_their_spreads() -> None:
    narrow, wide = drawn(20_000), drawn(20_000, spread=(2, 1, 3, 1), seed=1)
    assert frechet(wide, narrow) == pytest.approx(1 + 4, rel=0.02)  # (2 - 1)² + (3 - 1)²


def test_clouds_that_lie_askew_are_compared_by_the_root_of_the_product() -> None:
    mixing = np.random.default_rng(2).standard_normal((4, 4))
    first, second = drawn(30_000) @ mixing, drawn(30_000, seed=1)
    a, b = np.cov(first.T), np.cov(second.T)
    wanted = np.trace(a) + np.trace(b) - 2 * np.trace(sqrtm(a @ b)).real
    assert frechet(first, second) == pytest.approx(wanted, rel=0.02)


def test_many_rows_keep_their_covariance() -> None:
    rows = drawn(50_000, spread=(1, 2, 3, 4))
    assert np.allclose(shrunk_covariance(rows), np.cov(rows.T), atol=0.05)


def test_few_rows_are_shrunk_towards_a_sphere_that_has_the_same_size() -> None:
    few = np.random.default_rng(0).standard_normal((10, 60))
    plain, shrunk = np.cov(few.T, bias=True), shrunk_covariance(few)
    assert np.trace(shrunk) == pytest.approx(np.trace(plain))
    assert np.linalg.eigvalsh(plain)[0] < 1e-9
    assert np.linalg.eigvalsh(shrunk)[0] > 0.5
    assert ((shrunk - np.eye(60)) ** 2).sum() < 0.2 * ((plain - np.eye(60)) ** 2).sum()


def test_the_discrepancy_of_draws_from_one_cloud_scatters_about_nothing() -> None:
    draws = [(drawn(40, seed=2 * i), drawn(30, seed=2 * i + 1)) for i in range(200)]
    found = [squared_discrepancy(*pair) for pair in draws]
    assert min(found) < 0 < max(found)
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


def test_the_discrepancy_of_two_points_follows_from_the_kernel() -> None:
    ones, zeros = np.ones((5, 4)), np.zeros((7, 4))
    assert squared_discrepancy(ones, zeros) == pytest.approx(2**3 + 1 - 2)


def test_features_count_in_units_of_how_much_real_ones_vary() -> None:
    real = drawn(1000, mean=5, spread=(1, 10, 100, 0))
    made, same = scaled(real + np.array([1, 10, 100, 0]), real)
    assert np.allclose(same.std(axis=0), (1, 1, 1, 0), atol=1e-9)
    assert np.allclose((made - same).mean(axis=0), (1, 1, 1, 0), atol=0.1)
