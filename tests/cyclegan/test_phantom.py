"""Made-up tissue."""

import numpy as np
import pytest
from scipy import ndimage

from cyclegan.phantom import SPACING_UM, grow


@pytest.mark.parametrize("shape", [(1, 1), (1, 37), (53, 2), (211, 307)])
def test_tissue_of_any_size_has_concentrations_between_0_and_1(shape: tuple[int, int]) -> None:
    tissue = grow(*shape, seed=1)
    for part in (tissue.nuclear, tissue.counterstain):
        assert part.shape == shape
        assert part.dtype == np.float32
        assert part.min() >= 0
        assert part.max() <= 1


def test_the_same_seed_grows_the_same_tissue() -> None:
    first, again, other = grow(90, 70, seed=5), grow(90, 70, seed=5), grow(90, 70, seed=6)
    assert np.array_equal(first.nuclear, again.nuclear)
    assert not np.array_equal(first.nuclear, other.nuclear)


def test_nuclei_have_the_size_of_real_ones() -> None:
    labels, count = ndimage.label(grow(500, 500, seed=2).nuclei)
    areas = ndimage.sum_labels(np.ones_like(labels), labels, np.arange(1, count + 1))
    assert count > 200
    diameter_um = 2 * np.sqrt(np.median(areas) / np.pi) * SPACING_UM
    assert 3 < diameter_um < 9


def test_tissue_has_nuclei_stroma_and_empty_places() -> None:
    tissue = grow(600, 600, seed=2)
    empty = (tissue.nuclear < 0.01) & (tissue.counterstain < 0.01)
    assert 0.08 < tissue.nuclei.mean() < 0.4
    assert 0.01 < empty.mean() < 0.4
    assert tissue.counterstain[~tissue.nuclei].mean() > 0.2


def test_nuclei_hold_less_counterstain_than_the_rest() -> None:
    tissue = grow(400, 400, seed=3)
    inside = tissue.counterstain[tissue.nuclear > 0.6].mean()
    assert inside < 0.5 * tissue.counterstain[~tissue.nuclei].mean()
